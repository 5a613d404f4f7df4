# Many accounts, in each member: its trail and log group, and the subscription that sends them to the security account. The same as
# ../../cloudformation/member.yaml. destination/ must be there before: a subscription to nothing is refused.

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.81"
    }
  }
}

# Region and credentials as the AWS SDK finds them, of the member.
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

  makes_trail    = var.trail_bucket_name != ""
  log_group_name = local.makes_trail ? "/${var.name}/cloudtrail" : var.existing_log_group_name
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/${var.name}/cloudtrail"
}
