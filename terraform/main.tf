data "aws_caller_identity" "current" {}

locals {
  # Not among the tags of every object: nodes would be replaced whenever it changes.
  lifetime = var.expires == "" ? {} : { "epochctl:expires" = var.expires }
}

module "network" {
  source = "./modules/network"

  name = var.name
  cidr = var.vpc_cidr
  nat  = var.nat
  tags = local.lifetime
}

module "cluster" {
  source = "./modules/cluster"

  name                   = var.name
  region                 = var.region
  cluster_version        = var.cluster_version
  subnet_ids             = concat(module.network.public_subnet_ids, module.network.private_subnet_ids)
  node_subnet_ids        = module.network.node_subnet_ids
  instance_types         = var.instance_types
  nodes                  = var.nodes
  node_tags              = var.tags
  access                 = var.access
  tags                   = local.lifetime
  lb_controller_identity = var.lb_controller_identity
}

module "registry" {
  source = "./modules/registry"

  name = var.name
}
