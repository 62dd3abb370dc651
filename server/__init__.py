"""The epoch server: a Starlette application that answers with the current epoch time."""
