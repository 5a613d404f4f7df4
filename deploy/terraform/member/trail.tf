resource "aws_kms_key" "key" {
  count                   = local.makes_trail ? 1 : 0
  description             = "${var.name}: log group of the trail"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key[0].json

  # Without it the log group is noise.
  lifecycle {
    prevent_destroy = true
  }
}

data "aws_iam_policy_document" "key" {
  count = local.makes_trail ? 1 : 0

  statement {
    sid       = "IamOfThisAccountDecides"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "LogsEncryptsItsGroup"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.${local.url_suffix}"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [local.log_group_arn]
    }
  }
}

resource "aws_cloudwatch_log_group" "log_group" {
  count             = local.makes_trail ? 1 : 0
  name              = "/${var.name}/cloudtrail"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.key[0].arn

  # What a backfill reads, with credentials of this account that may logs:FilterLogEvents.
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

  # Log streams are ACCOUNT_CloudTrail_REGION.
  statement {
    sid       = "LogStreamsOfThisTrail"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:log-stream:${local.account}_CloudTrail_${local.region}*"]
  }
}

resource "aws_cloudtrail" "trail" {
  count                         = local.makes_trail ? 1 : 0
  name                          = var.name
  enable_logging                = true
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  s3_bucket_name                = var.trail_bucket_name
  kms_key_id                    = var.trail_key_arn != "" ? var.trail_key_arn : null
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.log_group[0].arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.trail_to_logs_role[0].arn

  advanced_event_selector {
    name = "management"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  depends_on = [aws_iam_role_policy.trail_to_logs_role]

  lifecycle {
    prevent_destroy = true
  }
}
