# The same system as ../cloudformation/tripline.yaml, and deploy/tests/terraform_matches.py holds one against the other: a resource
# here has the name of the one there in snake case, a variable that of the parameter. Why things are as they are is said there
# and not twice; here is said what Terraform does otherwise.
#
#   cd deploy/terraform && terraform init && terraform apply -var owner=… -var image_id=… …

terraform {
  # Validations that look at other variables.
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.81"
    }
  }
}

# Region and credentials as the AWS SDK finds them: AWS_REGION, AWS_PROFILE.
provider "aws" {
  default_tags {
    tags = {
      "tripline:owner"   = var.owner
      "tripline:purpose" = var.purpose
    }
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  url_suffix = data.aws_partition.current.dns_suffix
  region     = data.aws_region.current.name

  makes_trail          = var.event_source == "trail"
  has_log_group        = var.event_source != "destination"
  of_organization      = var.organization_id != ""
  is_provisioned       = var.stream_mode == "PROVISIONED"
  makes_alert_topic    = var.existing_alert_topic_arn == ""
  alerts_are_encrypted = local.makes_alert_topic || var.existing_alert_topic_key_arn != ""
  tells_by_mail        = var.operations_email != ""
  on_instance          = var.runs_on == "instance"
  on_fargate           = var.runs_on == "fargate"
  on_kubernetes        = var.runs_on == "kubernetes"
  has_instance         = local.on_instance && var.instance_present

  # Put together and not asked of the resource: the policies that name it come before it.
  trail_arn            = "arn:${local.partition}:cloudtrail:${local.region}:${local.account}:trail/${var.name}"
  log_group_name       = local.makes_trail ? "/${var.name}/cloudtrail" : var.existing_log_group_name
  log_group_arn        = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/${var.name}/cloudtrail"
  engine_log_arn       = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/${var.name}/engine"
  alarms_arn           = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-*"
  operations_topic_arn = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-operations"
  alert_topic_arn      = local.makes_alert_topic ? aws_sns_topic.alert_topic[0].arn : var.existing_alert_topic_arn
  alert_topic_key_arn  = local.makes_alert_topic ? aws_kms_key.key.arn : var.existing_alert_topic_key_arn
}
