"""Delivery by GitHub Actions: workflow files, the comment with the plans, the workflows' IAM roles."""
