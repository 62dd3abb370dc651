output "plan_role_arn" {
  description = "Taken by pull requests of the repository, and by the trunk for the nightly look."
  value       = aws_iam_role.plan.arn
}

output "deploy_role_arn" {
  description = "Taken by runs of the trunk in the environment."
  value       = aws_iam_role.deploy.arn
}

output "provider_arn" {
  description = "IAM's provider for GitHub's tokens."
  value       = local.provider
}
