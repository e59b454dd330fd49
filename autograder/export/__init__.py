"""Writes marks for other systems: each format is a module `to_<name>.py` with a `FORMAT`."""
