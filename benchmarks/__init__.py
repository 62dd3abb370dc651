"""How fast things are, as ratios of runs side by side. Not tests: machines are shared and noisy."""
