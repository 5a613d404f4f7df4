# The trail, and the bucket that keeps its files as evidence.

resource "aws_s3_bucket" "trail_bucket" {
  count  = local.makes_trail ? 1 : 0
  bucket = "${var.name}-trail-${local.account}-${local.region}"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "trail_bucket" {
  count  = local.makes_trail ? 1 : 0
  bucket = aws_s3_bucket.trail_bucket[0].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.key.arn
    }
    # Fewer calls of KMS: a trail writes a file every few minutes for each account and region.
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_public_access_block" "trail_bucket" {
  count                   = local.makes_trail ? 1 : 0
  bucket                  = aws_s3_bucket.trail_bucket[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "trail_bucket" {
  count  = local.makes_trail ? 1 : 0
  bucket = aws_s3_bucket.trail_bucket[0].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# A file that is overwritten or deleted can be had back for a month.
resource "aws_s3_bucket_versioning" "trail_bucket" {
  count  = local.makes_trail ? 1 : 0
  bucket = aws_s3_bucket.trail_bucket[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "trail_bucket" {
  count  = local.makes_trail ? 1 : 0
  bucket = aws_s3_bucket.trail_bucket[0].id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = var.archive_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  # Its versions are what one rule speaks of.
  depends_on = [aws_s3_bucket_versioning.trail_bucket]
}

resource "aws_s3_bucket_policy" "trail_bucket_policy" {
  count  = local.makes_trail ? 1 : 0
  bucket = aws_s3_bucket.trail_bucket[0].id
  policy = data.aws_iam_policy_document.trail_bucket_policy[0].json
}

data "aws_iam_policy_document" "trail_bucket_policy" {
  count = local.makes_trail ? 1 : 0

  statement {
    sid       = "NothingInTheClear"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.trail_bucket[0].arn, "${aws_s3_bucket.trail_bucket[0].arn}/*"]
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

  # aws:SourceArn: only this trail, or anybody's trail could fill the bucket.
  statement {
    sid       = "TheTrailLooksAtTheBucket"
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.trail_bucket[0].arn]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid     = "TheTrailWrites"
    actions = ["s3:PutObject"]
    resources = concat(
      ["${aws_s3_bucket.trail_bucket[0].arn}/AWSLogs/${local.account}/*"],
      local.of_organization ? ["${aws_s3_bucket.trail_bucket[0].arn}/AWSLogs/${var.organization_id}/*"] : [],
    )
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

resource "aws_cloudtrail" "trail" {
  count                         = local.makes_trail ? 1 : 0
  name                          = var.name
  enable_logging                = true
  is_multi_region_trail         = true
  include_global_service_events = true
  is_organization_trail         = local.of_organization
  enable_log_file_validation    = true
  s3_bucket_name                = aws_s3_bucket.trail_bucket[0].id
  kms_key_id                    = aws_kms_key.key.arn
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.log_group[0].arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.trail_to_logs_role[0].arn

  # Every management event, reads too. No data events: they cost by the piece, and are a decision of their own.
  advanced_event_selector {
    name = "management"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  # It refuses a bucket that it may not write to, and a role that may not write to the log group.
  depends_on = [aws_s3_bucket_policy.trail_bucket_policy, aws_iam_role_policy.trail_to_logs_role]

  # Whoever destroys all this did not mean to stop recording.
  lifecycle {
    prevent_destroy = true
  }
}
