"""What was found, for people to read: check cells, the terminal, a student's own page, a push; `marked/` after marking.

Everything outside `marked/` is part of the students' package.
"""
