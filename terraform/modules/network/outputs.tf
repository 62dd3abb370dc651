output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Public subnets, ordered by availability zone."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Private subnets, ordered by availability zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "node_subnet_ids" {
  description = "Where nodes go: private subnets, or public ones when there is no NAT gateway. Known only once their routes exist."
  value       = [for zone in local.zones : var.nat == "none" ? aws_subnet.public[zone].id : aws_subnet.private[zone].id]

  depends_on = [
    aws_route.public, aws_route.private, aws_route_table_association.public, aws_route_table_association.private,
  ]
}

output "zones" {
  description = "The availability zones in use, in order."
  value       = local.zones
}

output "nat_zones" {
  description = "The zones that have a NAT gateway."
  value       = toset(local.nat_zones)
}

output "expires" {
  description = "When the environment may be taken down; empty: nobody said."
  value       = try(aws_vpc.this.tags["epochctl:expires"], "")
}
