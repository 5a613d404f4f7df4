variable "name" {
  type        = string
  default     = "tripline"
  description = "What every name begins with."
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

variable "destination_arn" {
  type        = string
  description = "Output destination_arn of destination/ in this region."
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:destination:[A-Za-z0-9_.-]+$", var.destination_arn))
    error_message = "The ARN of a destination."
  }
}

variable "destination_by_organization" {
  type        = bool
  default     = true
  description = "Whether destination/ was given organization_id. A destination that is open to an organisation wants a role of the sender."
}

variable "trail_bucket_name" {
  type        = string
  default     = ""
  description = "With it a trail is made that writes its files there; the bucket's policy must let it (arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME)."
  validation {
    condition     = can(regex("^([a-z0-9][a-z0-9.-]{2,62})?$", var.trail_bucket_name))
    error_message = "The name of a bucket, or nothing."
  }
  validation {
    condition     = var.trail_bucket_name != "" || var.existing_log_group_name != ""
    error_message = "Give trail_bucket_name or existing_log_group_name."
  }
}

variable "trail_key_arn" {
  type        = string
  default     = ""
  description = "What the trail's files are encrypted with, when that bucket wants a key. Its policy must let this trail."
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+)?$", var.trail_key_arn))
    error_message = "The ARN of a key, or nothing."
  }
}

variable "existing_log_group_name" {
  type        = string
  default     = ""
  description = "Without trail_bucket_name: the log group that a trail writes to already."
  validation {
    condition     = can(regex("^[A-Za-z0-9_./#-]{0,512}$", var.existing_log_group_name))
    error_message = "The name of a log group, or nothing."
  }
}

variable "filter_pattern" {
  type        = string
  default     = ""
  description = "What is sent. Nothing: everything."
  validation {
    condition     = length(var.filter_pattern) <= 1024
    error_message = "At most 1024 characters."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "How long the log group keeps events. Longer than the stream's retention, or a backfill finds nothing."
  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "One that CloudWatch Logs has: 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}
