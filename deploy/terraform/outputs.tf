output "stream_name" {
  description = "What `kinesis.stream` names."
  value       = aws_kinesis_stream.stream.name
}

output "stream_arn" {
  description = "For destination/ and fargate/."
  value       = aws_kinesis_stream.stream.arn
}

output "key_arn" {
  description = "For destination/ and fargate/."
  value       = aws_kms_key.key.arn
}

output "log_group_name" {
  description = "What `kinesis.log_group` names, and `tripline backfill --log-group` reads."
  value       = local.has_log_group ? local.log_group_name : null
}

output "alert_topic_arn" {
  description = "Subscribe to it."
  value       = local.alert_topic_arn
}

output "operations_topic_arn" {
  description = "Where alarms of the pipeline go."
  value       = aws_sns_topic.operations_topic.arn
}

output "engine_role_arn" {
  description = "For fargate/, and for the association of a pod."
  value       = aws_iam_role.engine_role.arn
}

output "pod_identity_association" {
  description = "Once, before the pod is there; namespace and service account are those of deploy/kubernetes/overlays/eks."
  value       = local.on_kubernetes ? "aws eks create-pod-identity-association --cluster-name ${var.cluster_name} --namespace tripline --service-account tripline --role-arn ${aws_iam_role.engine_role.arn}" : null
}

output "engine_log_group_name" {
  description = "What the engine says of itself."
  value       = aws_cloudwatch_log_group.engine_log_group.name
}

output "trail_arn" {
  description = "Of the trail."
  value       = local.makes_trail ? aws_cloudtrail.trail[0].arn : null
}

output "trail_bucket_name" {
  description = "The trail's files."
  value       = local.makes_trail ? aws_s3_bucket.trail_bucket[0].id : null
}

output "data_volume_id" {
  description = "The store's volume; take snapshots of it."
  value       = local.on_instance ? aws_ebs_volume.data_volume[0].id : null
}

output "instance_id" {
  description = "To look: aws ssm start-session --target INSTANCE"
  value       = local.has_instance ? aws_instance.instance[0].id : null
}

output "try_the_alarm" {
  description = "Whether alarms reach you, which encryption and policies of the topic decide."
  value       = "aws cloudwatch set-alarm-state --alarm-name ${var.name}-nothing-arrives --state-value ALARM --state-reason trial"
}
