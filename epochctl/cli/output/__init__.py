"""Presenters of events and results: a live tree on a terminal, plain lines, JSON lines."""
