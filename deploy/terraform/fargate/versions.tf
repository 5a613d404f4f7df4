# One task on Fargate, whose store is gone when the task is; what that loses stands in ../../cloudformation/fargate.yaml. Read it before
# you choose this. The module above with runs_on = "fargate" first; this takes its outputs.

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.81"
    }
  }
}

# Region and credentials as the AWS SDK finds them.
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

  has_log_group = var.log_group_name != ""
}
