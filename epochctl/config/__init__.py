"""Settings, their sources and validation, and the dated tables of versions and prices."""
