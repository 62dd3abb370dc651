"""HTTP servers: the AWS host names over TLS, and the control API of the sandbox itself."""
