resource "aws_iam_role" "sender_role" {
  count = var.destination_by_organization ? 1 : 0
  # A role is of all regions, a subscription of one.
  name               = "${var.name}-sender-${local.region}"
  description        = "Says in which account's name the log group is sent to the destination."
  assume_role_policy = data.aws_iam_policy_document.sender_role_trust[0].json
}

data "aws_iam_policy_document" "sender_role_trust" {
  count = var.destination_by_organization ? 1 : 0

  statement {
    sid     = "LogsOfThisAccountAndRegion"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["logs.amazonaws.com"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account}:*"]
    }
  }
}

resource "aws_iam_role_policy" "sender_role" {
  count  = var.destination_by_organization ? 1 : 0
  name   = "send"
  role   = aws_iam_role.sender_role[0].id
  policy = data.aws_iam_policy_document.sender_role[0].json
}

data "aws_iam_policy_document" "sender_role" {
  count = var.destination_by_organization ? 1 : 0

  statement {
    sid       = "SendThisLogGroup"
    actions   = ["logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group_name}:*"]
  }
}

resource "aws_cloudwatch_log_subscription_filter" "subscription" {
  name            = var.name
  log_group_name  = local.makes_trail ? aws_cloudwatch_log_group.log_group[0].name : var.existing_log_group_name
  filter_pattern  = var.filter_pattern
  destination_arn = var.destination_arn
  role_arn        = var.destination_by_organization ? aws_iam_role.sender_role[0].arn : null
  # Evenly over the shards; the engine needs no order.
  distribution = "Random"

  depends_on = [aws_iam_role_policy.sender_role]
}

output "log_group_name" {
  description = "What `tripline backfill --log-group` reads, with credentials of this account."
  value       = local.log_group_name
}
