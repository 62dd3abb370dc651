"""The command line: parse, call the workflow, render. The only place that knows typer and rich."""
