variable "name" {
  description = "The environment that is delivered: <name>-<environment>, as its objects are called."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,59}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 61 characters: lower case letters, digits and hyphens, starting with a letter."
  }
}

variable "region" {
  description = "Home region, whose endpoints are asked; roles belong to the whole account."
  type        = string
}

variable "regions" {
  description = "Regions in which the environment stands or will stand: nothing is changed elsewhere."
  type        = list(string)

  validation {
    condition     = length(var.regions) > 0
    error_message = "regions must name at least one."
  }
}

variable "repository" {
  description = "The GitHub repository whose workflows may take the roles: owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.repository))
    error_message = "repository must look like owner/name."
  }
}

variable "trunk" {
  description = "The branch whose merges are deployed."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_./-]*$", var.trunk))
    error_message = "trunk must be the name of one branch, without wildcards."
  }
}

variable "environment" {
  description = "GitHub's environment, whose protection rules say who may deploy; called as ours is."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$", var.environment))
    error_message = "environment must be lower case letters, digits and hyphens."
  }
}

variable "state_prefix" {
  description = "Where in the state buckets the environment's states are: <name>/<environment>."
  type        = string
}

variable "provider_arn" {
  description = "IAM's provider for GitHub's tokens where the account has one that is not ours; an account has one at most."
  type        = string
  default     = ""
}
