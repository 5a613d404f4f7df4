# The trail's log group and who may write to it; the subscription that sends it to the stream and who may put there.

resource "aws_cloudwatch_log_group" "log_group" {
  count             = local.makes_trail ? 1 : 0
  name              = "/${var.name}/cloudtrail"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.key.arn

  # What a backfill reads.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "trail_to_logs_role" {
  count              = local.makes_trail ? 1 : 0
  name               = "${var.name}-trail-to-logs"
  description        = "CloudTrail writes the trail's events to its log group."
  assume_role_policy = data.aws_iam_policy_document.trail_to_logs_role_trust[0].json
}

data "aws_iam_policy_document" "trail_to_logs_role_trust" {
  count = local.makes_trail ? 1 : 0

  statement {
    sid     = "CloudTrail"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "trail_to_logs_role" {
  count  = local.makes_trail ? 1 : 0
  name   = "write"
  role   = aws_iam_role.trail_to_logs_role[0].id
  policy = data.aws_iam_policy_document.trail_to_logs_role[0].json
}

data "aws_iam_policy_document" "trail_to_logs_role" {
  count = local.makes_trail ? 1 : 0

  # Log streams are ACCOUNT_CloudTrail_REGION; of the member accounts of an organisation ORGANISATION_….
  statement {
    sid     = "LogStreamsOfThisTrail"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = concat(
      ["${local.log_group_arn}:log-stream:${local.account}_CloudTrail_${local.region}*"],
      local.of_organization ? ["${local.log_group_arn}:log-stream:${var.organization_id}_*"] : [],
    )
  }
}

resource "aws_iam_role" "logs_to_stream_role" {
  count              = local.has_log_group ? 1 : 0
  name               = "${var.name}-logs-to-stream"
  description        = "CloudWatch Logs puts what the subscription lets through into the stream."
  assume_role_policy = data.aws_iam_policy_document.logs_to_stream_role_trust[0].json
}

data "aws_iam_policy_document" "logs_to_stream_role_trust" {
  count = local.has_log_group ? 1 : 0

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

resource "aws_iam_role_policy" "logs_to_stream_role" {
  count  = local.has_log_group ? 1 : 0
  name   = "put"
  role   = aws_iam_role.logs_to_stream_role[0].id
  policy = data.aws_iam_policy_document.logs_to_stream_role[0].json
}

data "aws_iam_policy_document" "logs_to_stream_role" {
  count = local.has_log_group ? 1 : 0

  statement {
    sid       = "PutIntoThisStream"
    actions   = ["kinesis:PutRecord", "kinesis:PutRecords"]
    resources = [aws_kinesis_stream.stream.arn]
  }

  # Whoever puts into an encrypted stream makes the data key.
  statement {
    sid       = "EncryptForThisStream"
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.key.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["kinesis.${local.region}.${local.url_suffix}"]
    }
  }
}

resource "aws_cloudwatch_log_subscription_filter" "subscription" {
  count           = local.has_log_group ? 1 : 0
  name            = var.name
  log_group_name  = local.makes_trail ? aws_cloudwatch_log_group.log_group[0].name : var.existing_log_group_name
  filter_pattern  = var.filter_pattern
  destination_arn = aws_kinesis_stream.stream.arn
  role_arn        = aws_iam_role.logs_to_stream_role[0].arn
  # By log stream, the default, one busy region would fill one shard. Order does not matter here.
  distribution = "Random"

  # CloudWatch Logs tries the role at once, and the role may nothing without this.
  depends_on = [aws_iam_role_policy.logs_to_stream_role]
}
