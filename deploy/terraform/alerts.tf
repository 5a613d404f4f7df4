# Where alerts go, and where alarms about the pipeline go.

resource "aws_sns_topic" "alert_topic" {
  count             = local.makes_alert_topic ? 1 : 0
  name              = "${var.name}-alerts"
  display_name      = "Tripline"
  kms_master_key_id = aws_kms_key.key.arn

  # Its subscribers would have to be found again.
  lifecycle {
    prevent_destroy = true
  }
}

# It takes the place of the default policy, by which the whole account publishes and subscribes. Who subscribes is IAM's to say.
resource "aws_sns_topic_policy" "alert_topic_policy" {
  count  = local.makes_alert_topic ? 1 : 0
  arn    = aws_sns_topic.alert_topic[0].arn
  policy = data.aws_iam_policy_document.alert_topic_policy[0].json
}

data "aws_iam_policy_document" "alert_topic_policy" {
  count = local.makes_alert_topic ? 1 : 0

  statement {
    sid       = "TheEnginePublishes"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alert_topic[0].arn]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.engine_role.arn]
    }
  }

  # An alert that somebody else can write is none.
  statement {
    sid       = "AndNobodyElse"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alert_topic[0].arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [aws_iam_role.engine_role.arn]
    }
  }

  statement {
    sid       = "NothingInTheClear"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alert_topic[0].arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic" "operations_topic" {
  name              = "${var.name}-operations"
  display_name      = "Tripline operations"
  kms_master_key_id = aws_kms_key.key.arn
}

resource "aws_sns_topic_policy" "operations_topic_policy" {
  arn    = aws_sns_topic.operations_topic.arn
  policy = data.aws_iam_policy_document.operations_topic_policy.json
}

data "aws_iam_policy_document" "operations_topic_policy" {
  statement {
    sid       = "AlarmsOfThisStackPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.operations_topic.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.alarms_arn]
    }
  }

  statement {
    sid       = "NothingInTheClear"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.operations_topic.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_subscription" "operations_mail" {
  count     = local.tells_by_mail ? 1 : 0
  topic_arn = aws_sns_topic.operations_topic.arn
  protocol  = "email"
  endpoint  = var.operations_email
}
