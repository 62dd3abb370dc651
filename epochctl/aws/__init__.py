"""Network APIs, one module each, as small classes with the verbs that steps need.

boto3, httpx and kubernetes live here only.
"""
