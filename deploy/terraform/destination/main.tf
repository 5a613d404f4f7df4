resource "aws_iam_role" "writer_role" {
  # A role is of all regions, a destination of one.
  name               = "${var.name}-destination-${local.region}"
  description        = "CloudWatch Logs puts what members send into the stream."
  assume_role_policy = data.aws_iam_policy_document.writer_role_trust.json
}

# When the destination is made CloudWatch Logs tries it in this account's name, and writes in each sender's name later.
data "aws_iam_policy_document" "writer_role_trust" {
  statement {
    sid     = "LogsOfThisAccount"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["logs.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  # The organisation and not a list of accounts, so that one that joins needs no change here.
  statement {
    sid     = "LogsOfTheSenders"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["logs.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = local.by_organization ? "aws:SourceOrgID" : "aws:SourceAccount"
      values   = local.by_organization ? [var.organization_id] : var.member_account_ids
    }
  }
}

resource "aws_iam_role_policy" "writer_role" {
  name   = "put"
  role   = aws_iam_role.writer_role.id
  policy = data.aws_iam_policy_document.writer_role.json
}

data "aws_iam_policy_document" "writer_role" {
  statement {
    sid       = "PutIntoThisStream"
    actions   = ["kinesis:PutRecord", "kinesis:PutRecords"]
    resources = [var.stream_arn]
  }

  # Whoever puts into an encrypted stream makes the data key.
  statement {
    sid       = "EncryptForThisStream"
    actions   = ["kms:GenerateDataKey"]
    resources = [var.key_arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["kinesis.${var.stream_region}.${local.url_suffix}"]
    }
  }
}

resource "aws_cloudwatch_log_destination" "destination" {
  name       = var.name
  target_arn = var.stream_arn
  role_arn   = aws_iam_role.writer_role.arn

  # CloudWatch Logs puts a first record at once, and the role may nothing without this.
  depends_on = [aws_iam_role_policy.writer_role]

  # Members' subscriptions point to it by name.
  lifecycle {
    prevent_destroy = true
  }
}

# Who may subscribe a log group of theirs to it. That is all anybody can do with it: nobody reads through a destination.
resource "aws_cloudwatch_log_destination_policy" "destination" {
  destination_name = aws_cloudwatch_log_destination.destination.name
  access_policy    = data.aws_iam_policy_document.destination.json
}

data "aws_iam_policy_document" "destination" {
  dynamic "statement" {
    for_each = local.by_organization ? [1] : []
    content {
      sid       = "AccountsOfTheOrganisation"
      actions   = ["logs:PutSubscriptionFilter"]
      resources = [local.destination_arn]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:PrincipalOrgID"
        values   = [var.organization_id]
      }
    }
  }

  dynamic "statement" {
    for_each = local.by_organization ? [] : [1]
    content {
      sid       = "TheseAccounts"
      actions   = ["logs:PutSubscriptionFilter"]
      resources = [local.destination_arn]
      principals {
        type        = "AWS"
        identifiers = var.member_account_ids
      }
    }
  }
}

output "destination_arn" {
  description = "For member/."
  value       = aws_cloudwatch_log_destination.destination.arn
}
