"""`bin/drills`: both policies, three breaks, in one world of two regions; docs/regions.md is made of it."""
