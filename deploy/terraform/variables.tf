# ── What it is called ──

variable "name" {
  type        = string
  default     = "tripline"
  description = "What every name begins with. The service control policies in deploy/scp protect the names that follow from `tripline`."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "2 to 20 of a-z, 0-9 and -, a letter first."
  }
}

variable "owner" {
  type        = string
  description = "Tag tripline:owner of everything, the team that is asked."
  validation {
    condition     = can(regex("^[\\w .:/=+@-]{1,128}$", var.owner))
    error_message = "1 to 128 characters that a tag may hold."
  }
}

variable "purpose" {
  type        = string
  default     = "cloudtrail-detection"
  description = "Tag tripline:purpose of everything."
  validation {
    condition     = can(regex("^[\\w .:/=+@-]{1,128}$", var.purpose))
    error_message = "1 to 128 characters that a tag may hold."
  }
}

# ── Where events come from ──

# Terraform keeps the word `source` for itself.
variable "event_source" {
  type        = string
  default     = "trail"
  description = "trail: make a trail and its log group. log-group: subscribe to a log group that a trail writes to already. destination: neither; other accounts write to the stream through destination/."
  validation {
    condition     = contains(["trail", "log-group", "destination"], var.event_source)
    error_message = "trail, log-group or destination."
  }
}

variable "organization_id" {
  type        = string
  default     = ""
  description = "With it the trail is of every account of the organisation; without, of this account. Needs CloudTrail's trusted access."
  validation {
    condition     = can(regex("^(o-[a-z0-9]{10,32})?$", var.organization_id))
    error_message = "o- and 10 to 32 of a-z and 0-9, or nothing."
  }
}

variable "existing_log_group_name" {
  type        = string
  default     = ""
  description = "For event_source = log-group. The log group that a trail writes to."
  validation {
    condition     = can(regex("^[A-Za-z0-9_./#-]{0,512}$", var.existing_log_group_name))
    error_message = "The name of a log group, or nothing."
  }
  validation {
    condition     = var.event_source != "log-group" || var.existing_log_group_name != ""
    error_message = "event_source = log-group needs it."
  }
}

variable "filter_pattern" {
  type        = string
  default     = ""
  description = "What the subscription lets through. Nothing: everything, which is what rules and the silence check count on."
  validation {
    condition     = length(var.filter_pattern) <= 1024
    error_message = "At most 1024 characters."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 90
  description = "How long the log group keeps events; longer than the stream, for `tripline backfill` reads it when the stream has lost something."
  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "One that CloudWatch Logs has: 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "archive_days" {
  type        = number
  default     = 400
  description = "How long the bucket keeps the trail's files."
  validation {
    condition     = var.archive_days >= 90 && var.archive_days <= 3653
    error_message = "90 to 3653."
  }
}

# ── The stream ──

variable "stream_mode" {
  type        = string
  default     = "ON_DEMAND"
  description = "ON_DEMAND grows with the traffic. PROVISIONED is cheaper from some twenty million events a day on, and throttles what is beyond."
  validation {
    condition     = contains(["ON_DEMAND", "PROVISIONED"], var.stream_mode)
    error_message = "ON_DEMAND or PROVISIONED."
  }
}

variable "shard_count" {
  type        = number
  default     = 2
  description = "For stream_mode = PROVISIONED. A shard takes 1 MB/s; CloudWatch Logs sends gzip, about a tenth of the events' size."
  validation {
    condition     = var.shard_count >= 1 && var.shard_count <= 500
    error_message = "1 to 500."
  }
}

variable "stream_retention_hours" {
  type        = number
  default     = 168
  description = "How long the engine may stand still and miss nothing. A week outlives a long weekend; a day, the default of Kinesis, no Saturday."
  validation {
    condition     = var.stream_retention_hours >= 24 && var.stream_retention_hours <= 8760
    error_message = "24 to 8760."
  }
}

# ── Where alerts go ──

variable "existing_alert_topic_arn" {
  type        = string
  default     = ""
  description = "A topic that is there already. Nothing: make one."
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\\.fifo)?)?$", var.existing_alert_topic_arn))
    error_message = "The ARN of a topic, or nothing."
  }
}

variable "existing_alert_topic_key_arn" {
  type        = string
  default     = ""
  description = "The customer managed key of that topic, when it has one. Its key policy must let this account's IAM decide."
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+)?$", var.existing_alert_topic_key_arn))
    error_message = "The ARN of a key, or nothing."
  }
}

variable "operations_email" {
  type        = string
  default     = ""
  description = "Who is told when the pipeline stops; the address has to confirm. Nothing: subscribe to the operations topic yourself."
  validation {
    condition     = can(regex("^([^@\\s]+@[^@\\s]+)?$", var.operations_email))
    error_message = "An address, or nothing."
  }
}

variable "quiet_periods" {
  type        = number
  default     = 6
  description = "An alarm when no record at all reached the stream for so many times five minutes. More for an account that sleeps at night."
  validation {
    condition     = var.quiet_periods >= 3 && var.quiet_periods <= 288
    error_message = "3 to 288."
  }
}

variable "behind_minutes" {
  type        = number
  default     = 5
  description = "An alarm when the engine is further behind than that, or reads nothing."
  validation {
    condition     = var.behind_minutes >= 1 && var.behind_minutes <= 1440
    error_message = "1 to 1440."
  }
}

# ── Where the engine runs ──

variable "runs_on" {
  type        = string
  default     = "instance"
  description = "instance: an EC2 instance and a volume, made here. fargate: only the engine's role; fargate/ runs it, and says what that loses. kubernetes: only the engine's role, for a pod of one EKS cluster (deploy/kubernetes) by EKS Pod Identity."
  validation {
    condition     = contains(["instance", "fargate", "kubernetes"], var.runs_on)
    error_message = "instance, fargate or kubernetes."
  }
}

variable "cluster_name" {
  type        = string
  default     = ""
  description = "For runs_on = kubernetes. The EKS cluster, of this account and region, whose pods may have the engine's role."
  validation {
    condition     = can(regex("^([0-9A-Za-z][A-Za-z0-9_-]{0,99})?$", var.cluster_name))
    error_message = "The name of an EKS cluster, or nothing."
  }
  validation {
    condition     = var.runs_on != "kubernetes" || var.cluster_name != ""
    error_message = "runs_on = kubernetes needs it."
  }
}

variable "instance_present" {
  type        = bool
  default     = true
  description = "false: take the instance away and keep its volume."
}

variable "image_id" {
  type        = string
  default     = ""
  description = "Amazon Linux 2023, x86_64. Pinned, because a new one replaces the instance. Find it by aws ssm get-parameter --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
  validation {
    condition     = can(regex("^(ami-([0-9a-f]{8}|[0-9a-f]{17}))?$", var.image_id))
    error_message = "ami-…, or nothing."
  }
  validation {
    condition     = var.runs_on != "instance" || var.image_id != ""
    error_message = "runs_on = instance needs it."
  }
}

variable "instance_type" {
  type        = string
  default     = "c6i.large"
  description = "Two cores and 4 GiB hold the default budgets of the engine (about 1 GiB) with room. Nitro, x86_64 with AVX2."
  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9]+$", var.instance_type))
    error_message = "An instance type."
  }
}

variable "vpc_id" {
  type        = string
  default     = ""
  description = "For runs_on = instance."
  validation {
    condition     = can(regex("^(vpc-([0-9a-f]{8}|[0-9a-f]{17}))?$", var.vpc_id))
    error_message = "vpc-…, or nothing."
  }
  validation {
    condition     = var.runs_on != "instance" || var.vpc_id != ""
    error_message = "runs_on = instance needs it."
  }
}

variable "subnet_id" {
  type        = string
  default     = ""
  description = "For runs_on = instance. A private one with a way to the AWS services: a NAT gateway, or endpoints for kinesis-streams, sns, logs, ssm, ssmmessages and s3."
  validation {
    condition     = can(regex("^(subnet-([0-9a-f]{8}|[0-9a-f]{17}))?$", var.subnet_id))
    error_message = "subnet-…, or nothing."
  }
  validation {
    condition     = var.runs_on != "instance" || var.subnet_id != ""
    error_message = "runs_on = instance needs it."
  }
}

variable "availability_zone" {
  type        = string
  default     = ""
  description = "For runs_on = instance. The zone of that subnet: the volume is made there, and outlives the instance."
  validation {
    condition     = can(regex("^([a-z]{2}(-[a-z]+)+-[0-9][a-z])?$", var.availability_zone))
    error_message = "The name of a zone, or nothing."
  }
  validation {
    condition     = var.runs_on != "instance" || var.availability_zone != ""
    error_message = "runs_on = instance needs it."
  }
}

variable "data_volume_gib" {
  type        = number
  default     = 50
  description = "The store's volume. Window rows take 16 GiB at most unless store.rows_mib_max says otherwise; alerts and room come on top."
  validation {
    condition     = var.data_volume_gib >= 10 && var.data_volume_gib <= 16384
    error_message = "10 to 16384."
  }
}

variable "release_uri" {
  type        = string
  default     = ""
  description = "For runs_on = instance. s3://BUCKET/KEY, where the binary `tripline` for x86_64 Linux lies, uploaded by you."
  validation {
    condition     = can(regex("^(s3://[a-z0-9.-]{3,63}/[A-Za-z0-9._/-]{1,900})?$", var.release_uri))
    error_message = "s3://BUCKET/KEY, or nothing."
  }
  validation {
    condition     = var.runs_on != "instance" || var.release_uri != ""
    error_message = "runs_on = instance needs it."
  }
}

variable "release_sha256" {
  type        = string
  default     = ""
  description = "Its SHA-256. A binary with another is not installed."
  validation {
    condition     = can(regex("^([0-9a-f]{64})?$", var.release_sha256))
    error_message = "64 hex digits, or nothing."
  }
  validation {
    condition     = var.runs_on != "instance" || var.release_sha256 != ""
    error_message = "runs_on = instance needs it."
  }
}

variable "engine_log_retention_days" {
  type        = number
  default     = 90
  description = "How long what the engine says of itself is kept."
  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.engine_log_retention_days)
    error_message = "One that CloudWatch Logs has: 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400."
  }
}
