"""GitHub Actions in small: workflows run as written, step by step, beside a stand-in for GitHub's API."""
