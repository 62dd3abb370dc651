variable "name" {
  description = "Stem of every name, and the cluster whose load balancers may use the subnets."
  type        = string
}

variable "cidr" {
  description = "Address range of the VPC."
  type        = string
}

variable "nat" {
  description = "none, single or per-az."
  type        = string

  validation {
    condition     = contains(["none", "single", "per-az"], var.nat)
    error_message = "nat must be none, single or per-az."
  }
}

variable "tags" {
  description = "More tags of the VPC."
  type        = map(string)
  default     = {}
}
