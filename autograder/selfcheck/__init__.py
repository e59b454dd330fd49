"""A student's own look at their work: in a notebook's cell, in a terminal, on a page, on every push; and packing it."""
