"""The sandbox: an AWS account emulated on one machine, in Linux namespaces, with real parts."""
