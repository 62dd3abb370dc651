"""An AWS region in a Linux namespace. Imports nothing from epochctl, and epochctl nothing from here."""
