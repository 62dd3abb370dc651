"""Linux processes: supervision, namespaces and control groups."""
