"""The scratch root filesystem and the OCI image, without a daemon.

One description (rootfs.py) is used by the assembler here and by the Dockerfile's builder stage,
so it needs the standard library only.
"""
