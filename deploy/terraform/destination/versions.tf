# Many accounts, in the security account: the door through which other accounts' log groups write to the stream. The same as
# ../../cloudformation/destination.yaml. The module above with event_source = "destination" first; then this in each region that has
# members, and member/ in each of them.

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

  by_organization = var.organization_id != ""
  destination_arn = "arn:${local.partition}:logs:${local.region}:${local.account}:destination:${var.name}"
}
