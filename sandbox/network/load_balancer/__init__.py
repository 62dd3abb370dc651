"""The data plane of the load balancers: listens where the emulated ELBv2 says, and reports health back."""
