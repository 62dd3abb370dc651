"""Delivery by GitHub Actions: workflows that call the commands a person types, and what they say to people.

Knows GitHub's run and its comments; changes nothing in AWS but the roles that the workflows take.
"""
