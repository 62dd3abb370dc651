terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.95"
    }
  }

  # Bucket, key and region come by -backend-config.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  # Not the tags of the environment: what `epochctl down` proves to be gone is the environment, and these stay.
  default_tags {
    tags = {
      "epochctl:purpose" = "ci"
      "epochctl:ci"      = var.name
    }
  }
}
