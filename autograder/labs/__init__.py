"""What is asked of a submission: pytest files, one folder a lab, one file a notebook.

A lab is a folder `labs/<lab>/`: `test_<notebook>.py` with the checks of its tasks and a tuple `ASKED`, all the
questions that these ask; `mistakes/<task>.yml`, the known mistakes of a task; and modules of its own where it needs
them, such as procedures, which run beside student code. Its entry in `course.yml` gives the points, `reference/<lab>/`
the solutions. What labs share is in `kinds/`, sorted by kind of task. `lab.py` opens a lab, `autograder new lab`
writes one.
"""
