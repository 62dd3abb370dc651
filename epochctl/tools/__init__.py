"""Programs that epochctl runs. One module each; only process.py may start one."""
