"""What can be made to go wrong in a world: small named faults, a module each, switched on and off.

A module of this folder that has a FAULT is one; `switchboard` finds them by themselves.
"""
