"""Address ranges and well-known addresses of a sandbox instance."""

from __future__ import annotations

SERVICES = "198.51.100.0/24"  # TEST-NET-2: AWS endpoints, the resolver, cluster endpoints
LOAD_BALANCERS = "203.0.113.0/24"  # TEST-NET-3: public addresses of load balancers
AWS_ADDRESS = "198.51.100.1"
DNS_ADDRESS = "198.51.100.2"
CONTROL_API_PORT = 9911  # plain HTTP on AWS_ADDRESS: the control API
