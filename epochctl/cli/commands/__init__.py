"""One file a verb: its signature, its help, and one call into operations."""
