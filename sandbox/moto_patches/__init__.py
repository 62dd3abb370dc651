"""The emulated AWS account: moto, and each difference from AWS that matters as one named patch."""
