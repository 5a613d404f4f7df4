# What says that the pipeline stopped. Why each watches what it watches, and what counts as missing: ../cloudformation/tripline.yaml.

locals {
  to_operations = [aws_sns_topic.operations_topic.arn]
  of_stream     = { StreamName = aws_kinesis_stream.stream.name }
}

# Missing data is breaching here: nobody asks for records when there is no engine, and then there is no age to report.
resource "aws_cloudwatch_metric_alarm" "engine_behind" {
  alarm_name          = "${var.name}-engine-behind"
  alarm_description   = "The engine is behind the stream, or does not read at all. Alerts are late or do not come. docs/OPERATIONS.md#tripline-engine-behind"
  namespace           = "AWS/Kinesis"
  metric_name         = "GetRecords.IteratorAgeMilliseconds"
  dimensions          = local.of_stream
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = var.behind_minutes
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60000
  treat_missing_data  = "breaching"
  alarm_actions       = local.to_operations
  ok_actions          = local.to_operations
}

# The trail was stopped, the log group is gone, the subscription is gone, a role lost its permission: all look like this.
resource "aws_cloudwatch_metric_alarm" "nothing_arrives" {
  alarm_name          = "${var.name}-nothing-arrives"
  alarm_description   = "No record reached the stream. Was the trail stopped, or the subscription filter deleted? docs/OPERATIONS.md#tripline-nothing-arrives"
  namespace           = "AWS/Kinesis"
  metric_name         = "IncomingRecords"
  dimensions          = local.of_stream
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = var.quiet_periods
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = local.to_operations
  ok_actions          = local.to_operations
}

# Provisioned shards that are too few, or the limit of on demand reached faster than it doubles.
resource "aws_cloudwatch_metric_alarm" "stream_full" {
  alarm_name          = "${var.name}-stream-full"
  alarm_description   = "The stream refused records. CloudWatch Logs tries again for 24 hours, then they are lost to the stream (not to the log group). More shards, or ON_DEMAND. docs/OPERATIONS.md#tripline-stream-full"
  namespace           = "AWS/Kinesis"
  metric_name         = "WriteProvisionedThroughputExceeded"
  dimensions          = local.of_stream
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.to_operations
  ok_actions          = local.to_operations
}

# By query: an alarm on a dimension that is misspelt is silent for ever, and the values of one of these are not documented.
resource "aws_cloudwatch_metric_alarm" "delivery_errors" {
  count             = local.has_log_group ? 1 : 0
  alarm_name        = "${var.name}-delivery-errors"
  alarm_description = "CloudWatch Logs could not put log events into the stream. Its role, the key, the stream? `tripline backfill` reads what is missing from the log group. docs/OPERATIONS.md#tripline-delivery-errors"
  metric_query {
    id          = "errors"
    return_data = true
    period      = 300
    expression  = "SELECT SUM(DeliveryErrors) FROM SCHEMA(\"AWS/Logs\", DestinationType, FilterName, LogGroupName) WHERE LogGroupName = '${local.log_group_name}' AND FilterName = '${var.name}'"
  }
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.to_operations
  ok_actions          = local.to_operations
}

resource "aws_cloudwatch_metric_alarm" "delivery_throttling" {
  count             = local.has_log_group ? 1 : 0
  alarm_name        = "${var.name}-delivery-throttling"
  alarm_description = "CloudWatch Logs was held up when it put log events into the stream. They come late, and are lost to the stream after 24 hours. More shards, or ON_DEMAND. docs/OPERATIONS.md#tripline-delivery-throttling"
  metric_query {
    id          = "throttling"
    return_data = true
    period      = 300
    expression  = "SELECT SUM(DeliveryThrottling) FROM SCHEMA(\"AWS/Logs\", DestinationType, FilterName, LogGroupName) WHERE LogGroupName = '${local.log_group_name}' AND FilterName = '${var.name}'"
  }
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.to_operations
  ok_actions          = local.to_operations
}

resource "aws_cloudwatch_metric_alarm" "alerts_undelivered" {
  count               = local.makes_alert_topic ? 1 : 0
  alarm_name          = "${var.name}-alerts-undelivered"
  alarm_description   = "SNS could not hand an alert to a subscriber of the alerts topic. The engine did its part and will not send it again. docs/OPERATIONS.md#tripline-alerts-undelivered"
  namespace           = "AWS/SNS"
  metric_name         = "NumberOfNotificationsFailed"
  dimensions          = { TopicName = aws_sns_topic.alert_topic[0].name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.to_operations
  ok_actions          = local.to_operations
}

# The machine under the instance failed: EC2 starts the instance on another one, with its address and its volumes. Two periods, the
# reboot below three, so that the two never try at once.
resource "aws_cloudwatch_metric_alarm" "instance_unreachable" {
  count               = local.has_instance ? 1 : 0
  alarm_name          = "${var.name}-instance-unreachable"
  alarm_description   = "The hardware of the instance failed; it is being moved. Nothing is lost, the engine reads on where it was. docs/OPERATIONS.md#tripline-instance-unreachable"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_System"
  dimensions          = { InstanceId = aws_instance.instance[0].id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "missing"
  alarm_actions       = concat(["arn:${local.partition}:automate:${local.region}:ec2:recover"], local.to_operations)
  ok_actions          = local.to_operations
}

resource "aws_cloudwatch_metric_alarm" "instance_hangs" {
  count               = local.has_instance ? 1 : 0
  alarm_name          = "${var.name}-instance-hangs"
  alarm_description   = "The instance's own system does not answer; it is being started again. docs/OPERATIONS.md#tripline-instance-hangs"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_Instance"
  dimensions          = { InstanceId = aws_instance.instance[0].id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "missing"
  alarm_actions       = concat(["arn:${local.partition}:automate:${local.region}:ec2:reboot"], local.to_operations)
  ok_actions          = local.to_operations
}
