output "name" {
  description = "The cluster."
  value       = aws_eks_cluster.this.name
}

output "version" {
  description = "Kubernetes version that the cluster runs."
  value       = aws_eks_cluster.this.version
}

output "node_group_name" {
  description = "The managed node group."
  value       = aws_eks_node_group.this.node_group_name
}

output "node_architecture" {
  description = "amd64 or arm64."
  value       = local.architecture
}

output "oidc_provider_arn" {
  description = "IAM's OIDC provider for the cluster's service accounts."
  value       = aws_iam_openid_connect_provider.this.arn
}

output "lb_controller_role_arn" {
  description = "Role of the load balancer controller; empty when eksctl makes it."
  value       = join("", aws_iam_role.lb_controller[*].arn)
}

output "lb_controller_policy_arn" {
  description = "Policy of the load balancer controller."
  value       = aws_iam_policy.lb_controller.arn
}

output "support_type" {
  description = "STANDARD: the cluster is upgraded at the end of standard support instead of costing more."
  value       = aws_eks_cluster.this.upgrade_policy[0].support_type
}

output "expires" {
  description = "When the environment may be taken down; empty: nobody said."
  value       = try(aws_eks_cluster.this.tags["epochctl:expires"], "")
}
