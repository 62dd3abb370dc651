variable "name" {
  description = "Name of the cluster and the node group, and the stem of the IAM names."
  type        = string
}

variable "region" {
  description = "Part of the IAM names: IAM is global, the same name may stand in two regions."
  type        = string
}

variable "cluster_version" {
  description = "Kubernetes version."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the control plane's interfaces."
  type        = list(string)
}

variable "node_subnet_ids" {
  description = "Subnets of the nodes, with a way out."
  type        = list(string)
}

variable "instance_types" {
  description = "Instance types of the node group."
  type        = list(string)
}

variable "nodes" {
  description = "Number of nodes."
  type        = number
}

variable "node_tags" {
  description = "Tags of instances, volumes and interfaces, which the provider's default tags do not reach."
  type        = map(string)
}

variable "tags" {
  description = "More tags of the cluster."
  type        = map(string)
  default     = {}
}

variable "access" {
  description = "ARNs of IAM roles and users that administer the cluster."
  type        = set(string)
}

variable "lb_controller_identity" {
  description = "terraform or eksctl: who makes the load balancer controller's role."
  type        = string

  validation {
    condition     = contains(["terraform", "eksctl"], var.lb_controller_identity)
    error_message = "lb_controller_identity must be terraform or eksctl."
  }
}
