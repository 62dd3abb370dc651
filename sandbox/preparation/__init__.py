"""Everything that a sandbox instance is made of, downloaded or built once and kept in a cache."""
