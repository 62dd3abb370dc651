# Which pods may act as which role: the cluster's OIDC provider, and the load balancer controller's policy and role.

locals {
  issuer = aws_eks_cluster.this.identity[0].oidc[0].issuer
  # Conditions name the issuer by its provider's ARN, not by its URL.
  issuer_id       = split(":oidc-provider/", aws_iam_openid_connect_provider.this.arn)[1]
  service_account = "system:serviceaccount:kube-system:aws-load-balancer-controller"
}

resource "aws_iam_openid_connect_provider" "this" {
  url            = local.issuer
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_policy" "lb_controller" {
  name = "${local.iam_name}-lb-controller"

  # docs/install/iam_policy.json of sigs.k8s.io/aws-load-balancer-controller
  # v0.0.0-20260423195125-93ff3b5fdaad, which is controller v3.2.2: chart, controller and policy move together.
  policy = file("${path.module}/policies/aws-load-balancer-controller.json")
}

resource "aws_iam_role" "lb_controller" {
  count = var.lb_controller_identity == "terraform" ? 1 : 0

  name = "${local.iam_name}-lb-controller"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.this.arn }
      Condition = {
        StringEquals = {
          "${local.issuer_id}:aud" = "sts.amazonaws.com"
          "${local.issuer_id}:sub" = local.service_account
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "lb_controller" {
  count = var.lb_controller_identity == "terraform" ? 1 : 0

  role       = aws_iam_role.lb_controller[0].name
  policy_arn = aws_iam_policy.lb_controller.arn
}
