"""epochctl: a small HTTP service on AWS EKS behind an ALB with TLS, from nothing to https and back."""

__version__ = "0.1.0"
