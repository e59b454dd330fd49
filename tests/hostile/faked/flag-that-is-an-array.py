# attack: >-
#   Answers with an array for the flag of an error.
# mark: 0
# seconds: 20
# naive: none

def patch():
    import numpy as np
    from autograder.candidate import server
    server.guarded = lambda work: {"error": {"stub": np.zeros(2)}}

class InceptionBlock:
    patch()
