"""Everything an emulated world is made of, got or built once, outside of the world.

Knows nothing of a running world.
"""
