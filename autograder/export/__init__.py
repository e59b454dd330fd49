"""Files for the systems that take marks in: a format is one module `to_<name>.py` with a `FORMAT`."""
