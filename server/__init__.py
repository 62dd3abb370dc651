"""The epoch server: answers with the current epoch time."""
