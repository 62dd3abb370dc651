variable "name" {
  description = "Name of the cluster and the repository, and the stem of every other name: <name>-<environment>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,59}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 61 characters: lower case letters, digits and hyphens, starting with a letter."
  }
}

variable "region" {
  description = "AWS region that holds everything."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must look like us-west-2."
  }
}

variable "tags" {
  description = "Tags of every object; epochctl:name and epochctl:environment are what makes teardown provable."
  type        = map(string)

  validation {
    condition     = alltrue([for key in ["epochctl:name", "epochctl:environment"] : lookup(var.tags, key, "") != ""])
    error_message = "tags must hold epochctl:name and epochctl:environment."
  }
}

variable "expires" {
  description = "When the environment may be taken down, as in 2026-11-24T16:00:00Z; empty or never: not by itself."
  type        = string
  default     = ""

  validation {
    condition     = contains(["", "never"], var.expires) || can(formatdate("YYYY", var.expires))
    error_message = "expires must be empty, never, or look like 2026-11-24T16:00:00Z."
  }
}

variable "vpc_cidr" {
  description = "Address range of the VPC; six subnets of a sixteenth each are cut from it."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 22, false)
    error_message = "vpc_cidr must be an IPv4 range between /16 and /22."
  }
}

variable "nat" {
  description = "How nodes reach the internet: none (nodes have public addresses), single (one NAT gateway), per-az."
  type        = string
  default     = "single"

  validation {
    condition     = contains(["none", "single", "per-az"], var.nat)
    error_message = "nat must be none, single or per-az."
  }
}

variable "cluster_version" {
  description = "Kubernetes version of the cluster, as in 1.35."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.cluster_version))
    error_message = "cluster_version must look like 1.35."
  }
}

variable "instance_types" {
  description = "Instance types of the node group; all of one processor architecture."
  type        = list(string)

  validation {
    condition     = length(var.instance_types) > 0 && alltrue([for type in var.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))])
    error_message = "instance_types must be a non-empty list of names like t3.medium."
  }
}

variable "nodes" {
  description = "Number of nodes."
  type        = number

  validation {
    condition     = var.nodes >= 1 && var.nodes <= 50 && floor(var.nodes) == var.nodes
    error_message = "nodes must be a whole number from 1 to 50."
  }
}

variable "access" {
  description = "ARNs of IAM roles and users that administer the cluster, besides the one that made it."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.access : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/", arn))])
    error_message = "access must hold ARNs of IAM roles or users; of a session, its role's."
  }
}

variable "lb_controller_identity" {
  description = "Who makes the load balancer controller's IAM role: terraform (here), or eksctl. The policy is made here either way."
  type        = string
  default     = "terraform"

  validation {
    condition     = contains(["terraform", "eksctl"], var.lb_controller_identity)
    error_message = "lb_controller_identity must be terraform or eksctl."
  }
}
