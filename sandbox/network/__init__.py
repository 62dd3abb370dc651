"""The emulated network: Linux links and routes, DNS, health checks and load balancers."""
