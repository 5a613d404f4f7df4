variable "name" {
  type        = string
  default     = "tripline"
  description = "What every name begins with; the one that the module above was given."
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

variable "stream_arn" {
  type        = string
  description = "Output stream_arn of the module above."
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[A-Za-z0-9_.-]{1,128}$", var.stream_arn))
    error_message = "The ARN of a stream."
  }
}

variable "log_group_name" {
  type        = string
  default     = ""
  description = "Output log_group_name of the module above, for the `backfill` command that alerts about lost records print."
  validation {
    condition     = can(regex("^[A-Za-z0-9_./#-]{0,512}$", var.log_group_name))
    error_message = "The name of a log group, or nothing."
  }
}

variable "alert_topic_arn" {
  type        = string
  description = "Output alert_topic_arn of the module above."
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\\.fifo)?$", var.alert_topic_arn))
    error_message = "The ARN of a topic."
  }
}

variable "engine_role_arn" {
  type        = string
  description = "Output engine_role_arn of the module above."
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.engine_role_arn))
    error_message = "The ARN of a role."
  }
}

variable "engine_log_group_name" {
  type        = string
  description = "Output engine_log_group_name of the module above."
  validation {
    condition     = can(regex("^[A-Za-z0-9_./#-]{1,512}$", var.engine_log_group_name))
    error_message = "The name of a log group."
  }
}

variable "image" {
  type        = string
  description = "Tripline's image (deploy/container/Containerfile) in a registry of yours, by digest. A tag can be moved."
  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[a-z0-9/._-]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST."
  }
}

variable "init_image" {
  type        = string
  description = "An image with /bin/sh and date, by digest, such as public.ecr.aws/docker/library/busybox@sha256:…. Tripline's own has no shell."
  validation {
    condition     = can(regex("^[a-z0-9.-]+/[a-z0-9/._-]+@sha256:[0-9a-f]{64}$", var.init_image))
    error_message = "REGISTRY/REPOSITORY@sha256:DIGEST."
  }
}

variable "repository_arn" {
  type        = string
  description = "That registry's repository, which the task may pull from."
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:ecr:[a-z0-9-]+:[0-9]{12}:repository/[a-z0-9/._-]+$", var.repository_arn))
    error_message = "The ARN of a repository."
  }
}

variable "vpc_id" {
  type        = string
  description = "Where the task runs."
  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc-…."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets with a way to the AWS services."
  validation {
    condition     = length(var.subnet_ids) > 0 && alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))])
    error_message = "One or more of subnet-…."
  }
}

variable "cpu" {
  type        = string
  default     = "1024"
  description = "A core is 1024."
  validation {
    condition     = contains(["1024", "2048", "4096"], var.cpu)
    error_message = "1024, 2048 or 4096."
  }
}

variable "memory" {
  type        = string
  default     = "4096"
  description = "MiB. The default budgets of the engine take about 1 GiB."
  validation {
    condition     = contains(["4096", "8192"], var.memory)
    error_message = "4096 or 8192."
  }
}

variable "store_gib" {
  type        = number
  default     = 40
  description = "The task's disk. Window rows take 16 GiB at most unless store.rows_mib_max says otherwise."
  validation {
    condition     = var.store_gib >= 21 && var.store_gib <= 200
    error_message = "21 to 200."
  }
}
