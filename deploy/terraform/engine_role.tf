# What the engine may do: one statement a need, and nothing that no call needs. Which call each is for, and when it is made, is said
# in ../cloudformation/tripline.yaml.

resource "aws_iam_role" "engine_role" {
  name               = "${var.name}-engine"
  description        = "Reads the stream, publishes alerts, reads the log group again for a backfill."
  assume_role_policy = data.aws_iam_policy_document.engine_role_trust.json
}

data "aws_iam_policy_document" "engine_role_trust" {
  dynamic "statement" {
    for_each = local.on_instance ? [1] : []
    content {
      sid     = "TheInstance"
      actions = ["sts:AssumeRole"]
      principals {
        type        = "Service"
        identifiers = ["ec2.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.on_fargate ? [1] : []
    content {
      sid     = "TasksOfThisAccount"
      actions = ["sts:AssumeRole"]
      principals {
        type        = "Service"
        identifiers = ["ecs-tasks.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${local.partition}:ecs:${local.region}:${local.account}:*"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.on_kubernetes ? [1] : []
    content {
      sid     = "PodsOfThisCluster"
      actions = ["sts:AssumeRole", "sts:TagSession"]
      principals {
        type        = "Service"
        identifiers = ["pods.eks.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${local.partition}:eks:${local.region}:${local.account}:cluster/${var.cluster_name}"]
      }
    }
  }
}

resource "aws_iam_role_policy" "engine_role" {
  name   = "engine"
  role   = aws_iam_role.engine_role.id
  policy = data.aws_iam_policy_document.engine_role.json
}

data "aws_iam_policy_document" "engine_role" {
  statement {
    sid       = "WhichStreamItIs"
    actions   = ["kinesis:DescribeStreamSummary"]
    resources = [aws_kinesis_stream.stream.arn]
  }

  statement {
    sid       = "WhichShardsItHas"
    actions   = ["kinesis:ListShards"]
    resources = [aws_kinesis_stream.stream.arn]
  }

  statement {
    sid       = "WhereToRead"
    actions   = ["kinesis:GetShardIterator"]
    resources = [aws_kinesis_stream.stream.arn]
  }

  statement {
    sid       = "Read"
    actions   = ["kinesis:GetRecords"]
    resources = [aws_kinesis_stream.stream.arn]
  }

  statement {
    sid       = "DecryptWhatIsRead"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.key.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["kinesis.${local.region}.${local.url_suffix}"]
    }
  }

  statement {
    sid       = "TellOfAlerts"
    actions   = ["sns:Publish"]
    resources = [local.alert_topic_arn]
  }

  dynamic "statement" {
    for_each = local.alerts_are_encrypted ? [1] : []
    content {
      sid       = "EncryptAlerts"
      actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
      resources = [local.alert_topic_key_arn]
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["sns.${local.region}.${local.url_suffix}"]
      }
    }
  }

  # Members' log groups are in their accounts; a backfill there runs with credentials of that account.
  dynamic "statement" {
    for_each = local.has_log_group ? [1] : []
    content {
      sid       = "ReadAgainWhatWasLost"
      actions   = ["logs:FilterLogEvents"]
      resources = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group_name}:*"]
    }
  }

  dynamic "statement" {
    for_each = local.makes_trail ? [1] : []
    content {
      sid       = "DecryptWhatIsReadAgain"
      actions   = ["kms:Decrypt"]
      resources = [aws_kms_key.key.arn]
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["logs.${local.region}.${local.url_suffix}"]
      }
      condition {
        test     = "ArnLike"
        variable = "kms:EncryptionContext:aws:logs:arn"
        values   = [local.log_group_arn]
      }
    }
  }
}

# What the machine needs, not the engine; it has the same role because an instance has one.
resource "aws_iam_role_policy" "engine_role_host" {
  count  = local.on_instance ? 1 : 0
  name   = "host"
  role   = aws_iam_role.engine_role.id
  policy = data.aws_iam_policy_document.engine_role_host[0].json
}

data "aws_iam_policy_document" "engine_role_host" {
  count = local.on_instance ? 1 : 0

  statement {
    sid       = "FetchTheRelease"
    actions   = ["s3:GetObject"]
    resources = ["arn:${local.partition}:s3:::${trimprefix(var.release_uri, "s3://")}"]
  }

  # Session Manager instead of SSH. Not AmazonSSMManagedInstanceCore: that reads every parameter of the account as well.
  statement {
    sid = "SessionManager"
    actions = [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "ShipTheEnginesLog"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.engine_log_arn}:*"]
  }
}
