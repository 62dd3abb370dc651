"""The crash matrix: epochctl killed after each event of `up` and of `down`, then run again. A command."""
