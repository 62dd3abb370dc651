"""The scratch root filesystem and the OCI image, without a daemon.

One description (rootfs.py) is used by the assembler here and by the Dockerfile's builder stage. Knows nothing
of AWS, of registries or of steps; only needs the standard library, so that the builder stage can run it.
"""
