"""Autograded coursework: builds labs, marks what students hand in, names mistakes. `docs/structure.md` is the map."""
