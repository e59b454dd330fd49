# attack: >-
#   Answers with an array for the flag of an error.
# mark: 0
# seconds: 20
# naive: none

def patch():
    import numpy as np
    from autograder.sandbox import student_process_main
    student_process_main.guarded = lambda work: {"error": {"stub": np.zeros(2)}}

class InceptionBlock:
    patch()
