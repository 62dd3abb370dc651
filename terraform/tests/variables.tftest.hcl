# What cannot be meant is refused before anything is asked of AWS. Runs without credentials: terraform test

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-west-2c", "us-west-2a", "us-west-2b", "us-west-2d"] }
  }
  mock_data "aws_ec2_instance_type" {
    defaults = { supported_architectures = ["x86_64"] }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
}

variables {
  name            = "epoch-production"
  region          = "us-west-2"
  tags            = { "epochctl:name" = "epoch", "epochctl:environment" = "production" }
  cluster_version = "1.35"
  instance_types  = ["t3.medium"]
  nodes           = 2
}

run "one_nat_gateway_by_default" {
  command = plan

  assert {
    condition     = length(module.network.zones) == 3 && module.network.zones[0] == "us-west-2a"
    error_message = "three zones, in order"
  }

  assert {
    condition     = module.network.nat_zones == toset(["us-west-2a"])
    error_message = "single: one gateway, in the first zone"
  }
}

run "nat_per_zone" {
  command = plan

  variables {
    nat = "per-az"
  }

  assert {
    condition     = length(module.network.nat_zones) == 3
    error_message = "per-az: a gateway in each zone"
  }
}

run "no_nat" {
  command = plan

  variables {
    nat = "none"
  }

  assert {
    condition     = length(module.network.nat_zones) == 0
    error_message = "none: no gateway"
  }
}

run "eksctl_makes_the_role" {
  command = plan

  variables {
    lb_controller_identity = "eksctl"
  }

  assert {
    condition     = output.lb_controller_role_arn == ""
    error_message = "no role of ours"
  }
}

run "extended_support_is_never_entered" {
  command = plan

  assert {
    condition     = module.cluster.support_type == "STANDARD"
    error_message = "extended support costs six times as much and cannot be left"
  }
}

run "a_time_to_live_is_a_tag_of_cluster_and_network_alone" {
  command = plan

  variables {
    expires = "2026-11-24T16:00:00Z"
  }

  assert {
    condition     = module.network.expires == "2026-11-24T16:00:00Z" && module.cluster.expires == "2026-11-24T16:00:00Z"
    error_message = "both carry it, for whoever looks at either"
  }
}

run "bad_values" {
  command = plan

  variables {
    name                   = "Epoch_1"
    region                 = "oregon"
    tags                   = { "epochctl:name" = "epoch" }
    vpc_cidr               = "10.0.0.0/8"
    nat                    = "two"
    cluster_version        = "latest"
    instance_types         = []
    nodes                  = 51
    lb_controller_identity = "nobody"
    expires                = "tomorrow"
  }

  expect_failures = [
    var.name, var.region, var.tags, var.vpc_cidr, var.nat, var.cluster_version, var.instance_types, var.nodes,
    var.lb_controller_identity, var.expires,
  ]
}
