"""The process that holds student code, and the wire to it."""
