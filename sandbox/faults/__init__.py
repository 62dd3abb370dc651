"""Faults that can be injected into a sandbox instance: one module each, switched on and off by name.

A module of this package that has a FAULT is a fault. `switchboard` finds them.
"""
