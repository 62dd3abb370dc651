"""EKS clusters of real parts: control planes, nodes and what connects them to IAM."""
