"""What each command does, without a terminal. Nothing here imports Typer or Rich."""
