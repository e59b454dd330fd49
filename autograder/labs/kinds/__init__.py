"""What any lab asks with, by kind of task; `*_procedures.py` is what runs beside student code."""
