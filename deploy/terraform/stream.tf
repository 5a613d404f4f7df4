resource "aws_kinesis_stream" "stream" {
  name             = var.name
  shard_count      = local.is_provisioned ? var.shard_count : null
  retention_period = var.stream_retention_hours
  encryption_type  = "KMS"
  kms_key_id       = aws_kms_key.key.arn

  stream_mode_details {
    stream_mode = var.stream_mode
  }

  # Up to a week of events that perhaps nobody has read.
  lifecycle {
    prevent_destroy = true
  }
}
