"""Steps, their graph, and what happens when they run. Knows no AWS, no rich, no typer."""
