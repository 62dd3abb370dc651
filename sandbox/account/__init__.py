"""The emulated AWS account: moto, and each difference from AWS that matters here as one small, named patch."""
