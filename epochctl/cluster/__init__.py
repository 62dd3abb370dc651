"""A reachable cluster with what epochctl puts into it: access, the controller, rollouts.

Stands between the steps and the clients and tools, for what two steps share. Knows no step.
"""
