# What the roles may do. Nothing here may change the roles themselves.

data "aws_iam_policy_document" "plan" {
  statement {
    sid = "Look"
    actions = [
      "acm:DescribeCertificate", "acm:ListCertificates", "acm:ListTagsForCertificate",
      "autoscaling:Describe*",
      "cloudformation:DescribeStacks",
      "ec2:Describe*",
      "ecr:DescribeRegistry", "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy",
      "ecr:ListTagsForResource",
      "eks:Describe*", "eks:List*",
      "elasticloadbalancing:Describe*",
      "iam:GetInstanceProfile", "iam:GetOpenIDConnectProvider", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole",
      "iam:GetRolePolicy", "iam:List*",
      "logs:DescribeLogGroups", "logs:ListTagsForResource",
      "route53:Get*", "route53:List*",
      "servicequotas:Get*", "servicequotas:List*",
      "sts:GetCallerIdentity",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "FindTheState"
    actions   = ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketTagging"]
    resources = local.buckets
  }

  statement {
    sid       = "ReadTheState"
    actions   = ["s3:GetObject"]
    resources = [for bucket in local.buckets : "${bucket}/${var.state_prefix}/*"]
  }

  # terraform's own lock, and nothing beside it.
  statement {
    sid       = "LockTheState"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = [for bucket in local.buckets : "${bucket}/${var.state_prefix}/*.tflock"]
  }
}

data "aws_iam_policy_document" "deploy" {
  statement {
    sid = "Regional"
    actions = [
      "acm:*", "autoscaling:Describe*", "cloudformation:*", "ec2:*", "ecr:*", "eks:*", "elasticloadbalancing:*", "logs:*",
      "servicequotas:Get*", "servicequotas:List*",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = var.regions
    }
  }

  statement {
    sid       = "Global"
    actions   = ["route53:*", "iam:Get*", "iam:List*", "sts:GetCallerIdentity"]
    resources = ["*"]
  }

  # Other environments keep their states in the same bucket.
  statement {
    sid = "StateBucket"
    actions = [
      "s3:CreateBucket", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:ListBucket", "s3:ListBucketVersions",
      "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
    ]
    resources = local.buckets
  }

  statement {
    sid       = "State"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = [for bucket in local.buckets : "${bucket}/${var.state_prefix}/*"]
  }

  statement {
    sid = "OwnIdentities"
    actions = [
      "iam:AttachRolePolicy", "iam:CreateOpenIDConnectProvider", "iam:CreatePolicy", "iam:CreatePolicyVersion",
      "iam:CreateRole", "iam:DeleteOpenIDConnectProvider", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole",
      "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:TagOpenIDConnectProvider", "iam:TagPolicy",
      "iam:TagRole", "iam:UntagOpenIDConnectProvider", "iam:UntagPolicy", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
    ]
    resources = [
      "${local.ours}*", "${local.iam}:role/eksctl-${var.name}*", "${local.iam}:policy/${var.name}*",
      "${local.iam}:oidc-provider/oidc.eks.*",
    ]
  }

  statement {
    sid       = "HandOver"
    actions   = ["iam:PassRole"]
    resources = ["${local.ours}*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["eks.amazonaws.com", "ec2.amazonaws.com"]
    }
  }

  statement {
    sid       = "ServiceRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values = [
        "autoscaling.amazonaws.com", "eks.amazonaws.com", "eks-nodegroup.amazonaws.com", "elasticloadbalancing.amazonaws.com",
        "replication.ecr.amazonaws.com",
      ]
    }
  }

  statement {
    sid    = "NotItself"
    effect = "Deny"
    actions = [
      "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Tag*", "iam:Untag*",
      "iam:Update*",
    ]
    resources = [
      "${local.ours}-ci-*", "${local.iam}:policy/${var.name}-ci-*", "${local.iam}:oidc-provider/${local.issuer}",
    ]
  }
}
