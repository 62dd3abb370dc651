data "aws_partition" "current" {}

data "aws_ec2_instance_type" "node" {
  for_each = toset(var.instance_types)

  instance_type = each.key
}

locals {
  architectures = toset([
    for type in data.aws_ec2_instance_type.node : contains(type.supported_architectures, "arm64") ? "arm64" : "amd64"
  ])
  architecture = sort(local.architectures)[0]
  ami_types    = { amd64 = "AL2023_x86_64_STANDARD", arm64 = "AL2023_ARM_64_STANDARD" }

  # IAM names hold 64 characters; long stems are cut and told apart by a digest.
  stem     = length(var.name) <= 30 ? var.name : "${substr(var.name, 0, 23)}-${substr(sha1(var.name), 0, 6)}"
  iam_name = "${local.stem}-${var.region}"
  policies = "arn:${data.aws_partition.current.partition}:iam::aws:policy"
}

resource "aws_iam_role" "cluster" {
  name = "${local.iam_name}-cluster"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "eks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "${local.policies}/AmazonEKSClusterPolicy"
}

resource "aws_eks_cluster" "this" {
  name     = var.name
  version  = var.cluster_version
  role_arn = aws_iam_role.cluster.arn
  tags     = var.tags

  # No enabled_cluster_log_types: EKS would make a log group that nobody deletes.

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = true
  }

  upgrade_policy {
    support_type = "STANDARD"
  }

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_public_access  = true
    endpoint_private_access = true
  }

  lifecycle {
    # Only read at creation; AWS does not tell them afterwards, so an imported cluster would be replaced.
    ignore_changes = [access_config[0].bootstrap_cluster_creator_admin_permissions, bootstrap_self_managed_addons]
  }

  depends_on = [aws_iam_role_policy_attachment.cluster]
}

resource "aws_iam_role" "node" {
  name = "${local.iam_name}-node"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])

  role       = aws_iam_role.node.name
  policy_arn = "${local.policies}/${each.key}"
}

resource "aws_launch_template" "node" {
  name                   = "${var.name}-node"
  update_default_version = true

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume", "network-interface"])

    content {
      resource_type = tag_specifications.key
      tags          = merge(var.node_tags, { Name = "${var.name}-node" })
    }
  }
}

resource "aws_eks_node_group" "this" {
  cluster_name    = aws_eks_cluster.this.name
  version         = aws_eks_cluster.this.version # nodes follow the control plane
  node_group_name = var.name
  node_role_arn   = aws_iam_role.node.arn
  subnet_ids      = var.node_subnet_ids
  instance_types  = var.instance_types
  ami_type        = local.ami_types[local.architecture]

  launch_template {
    id      = aws_launch_template.node.id
    version = aws_launch_template.node.latest_version
  }

  scaling_config {
    min_size     = var.nodes
    desired_size = var.nodes
    max_size     = var.nodes
  }

  lifecycle {
    precondition {
      condition     = length(local.architectures) == 1
      error_message = "instance_types must all be of one processor architecture: an image is built for one."
    }
  }

  # Nodes need their permissions until they are gone.
  depends_on = [aws_iam_role_policy_attachment.node]
}
