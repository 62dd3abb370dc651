"""The data plane of the load balancers: serves the listeners of the emulated ELBv2, reports target health."""
