# The two roles of GitHub's workflows. Nobody has a key: GitHub signs who a run is, and the trust says which runs may.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  issuer   = "token.actions.githubusercontent.com"
  audience = "sts.amazonaws.com"
  provider = var.provider_arn != "" ? var.provider_arn : aws_iam_openid_connect_provider.github[0].arn

  account = data.aws_caller_identity.current.account_id
  arn     = "arn:${data.aws_partition.current.partition}"
  iam     = "${local.arn}:iam::${local.account}"
  buckets = [for region in var.regions : "${local.arn}:s3:::epochctl-state-${local.account}-${region}"]
  ours    = "${local.iam}:role/${var.name}"
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == "" ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = [local.audience]
}

# Of whom GitHub signs what: each claim must have one of these values.
locals {
  claims = {
    # A pull request of the repository itself (a fork's run gets no token), and the trunk by night.
    plan = {
      sub = [
        "repo:${var.repository}:pull_request",
        "repo:${var.repository}:ref:refs/heads/${var.trunk}",
      ]
    }

    # A run of the trunk, in the environment whose protection rules it has passed.
    deploy = {
      ref = ["refs/heads/${var.trunk}"]
      sub = ["repo:${var.repository}:environment:${var.environment}"]
    }
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.claims

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }

    dynamic "condition" {
      for_each = merge({ aud = [local.audience], repository = [var.repository] }, each.value)

      content {
        test     = "StringEquals"
        variable = "${local.issuer}:${condition.key}"
        values   = condition.value
      }
    }
  }
}

resource "aws_iam_role" "plan" {
  name                 = "${var.name}-ci-plan"
  description          = "Workflows of ${var.repository}: terraform plan. May only read."
  assume_role_policy   = data.aws_iam_policy_document.trust["plan"].json
  max_session_duration = 3600
}

resource "aws_iam_role" "deploy" {
  name                 = "${var.name}-ci-deploy"
  description          = "Workflows of ${var.repository} on ${var.trunk} in ${var.environment}: deploy, down."
  assume_role_policy   = data.aws_iam_policy_document.trust["deploy"].json
  max_session_duration = 7200
}

resource "aws_iam_role_policy" "plan" {
  name   = "plan"
  role   = aws_iam_role.plan.id
  policy = data.aws_iam_policy_document.plan.json
}

resource "aws_iam_policy" "deploy" {
  name        = "${var.name}-ci-deploy"
  description = "What bringing ${var.name} up and taking it down needs."
  policy      = data.aws_iam_policy_document.deploy.json
}

resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.deploy.name
  policy_arn = aws_iam_policy.deploy.arn
}
