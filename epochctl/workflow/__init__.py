"""Steps, their graph, and what happens when they run."""
