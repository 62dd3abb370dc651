"""The scratch root filesystem and the OCI image, without a daemon."""
