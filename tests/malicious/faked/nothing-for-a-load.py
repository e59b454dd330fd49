# attack: >-
#   Answers nothing where it is asked whether a definition loads.
# mark: 0
# seconds: 20
# naive: none

def patch():
    from autograder.sandbox import student_process_main
    student_process_main.guarded = lambda work: {"value": None}

class InceptionBlock:
    patch()
