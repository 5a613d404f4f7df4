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

variable "stream_region" {
  type        = string
  description = "The region of that stream."
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.stream_region))
    error_message = "A region."
  }
}

variable "key_arn" {
  type        = string
  description = "Output key_arn of the module above, what the stream is encrypted with."
  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$", var.key_arn))
    error_message = "The ARN of a key."
  }
}

variable "organization_id" {
  type        = string
  default     = ""
  description = "Every account of the organisation may write, those that join it later too. Nothing: member_account_ids."
  validation {
    condition     = can(regex("^(o-[a-z0-9]{10,32})?$", var.organization_id))
    error_message = "o- and 10 to 32 of a-z and 0-9, or nothing."
  }
}

variable "member_account_ids" {
  type        = list(string)
  default     = []
  description = "Without organization_id: the accounts that may write."
  validation {
    condition     = alltrue([for id in var.member_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "Twelve digits each."
  }
  validation {
    condition     = var.organization_id != "" || length(var.member_account_ids) > 0
    error_message = "Give organization_id or member_account_ids."
  }
}
