"""From what a student handed in to their files and definitions."""
