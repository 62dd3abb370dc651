"""Image registries: ECR and the public registries, with replication between regions."""
