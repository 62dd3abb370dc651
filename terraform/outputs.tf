# Exactly the fields of epochctl.outputs.Infrastructure; tests/contract/test_terraform_outputs.py compares the two.

output "region" {
  description = "Region that holds everything."
  value       = var.region
}

output "account_id" {
  description = "Account that holds everything."
  value       = data.aws_caller_identity.current.account_id
}

output "vpc_id" {
  description = "The VPC."
  value       = module.network.vpc_id
}

output "public_subnet_ids" {
  description = "Public subnets, ordered by availability zone."
  value       = module.network.public_subnet_ids
}

output "private_subnet_ids" {
  description = "Private subnets, ordered by availability zone."
  value       = module.network.private_subnet_ids
}

output "cluster_name" {
  description = "The EKS cluster."
  value       = module.cluster.name
}

output "cluster_version" {
  description = "Kubernetes version that the cluster runs."
  value       = module.cluster.version
}

output "node_group_name" {
  description = "The managed node group."
  value       = module.cluster.node_group_name
}

output "node_architecture" {
  description = "Processor architecture of the nodes: amd64 or arm64."
  value       = module.cluster.node_architecture
}

output "oidc_provider_arn" {
  description = "IAM's OIDC provider for the cluster's service accounts."
  value       = module.cluster.oidc_provider_arn
}

output "repository_url" {
  description = "<account>.dkr.ecr.<region>.amazonaws.com/<name>"
  value       = module.registry.repository_url
}

output "repository_name" {
  description = "The ECR repository."
  value       = module.registry.repository_name
}

output "lb_controller_role_arn" {
  description = "Role of the load balancer controller's service account; empty when eksctl makes it."
  value       = module.cluster.lb_controller_role_arn
}

output "lb_controller_policy_arn" {
  description = "Policy that the load balancer controller's role carries, whoever makes the role."
  value       = module.cluster.lb_controller_policy_arn
}
