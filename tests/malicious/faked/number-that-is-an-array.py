# attack: >-
#   Answers with an array for the number of the question, so that comparing it raises in the grader.
# mark: 0
# seconds: 20
# naive: none

import sys


def globals_with(name):
    frame = sys._getframe()
    while name not in frame.f_globals or frame.f_globals is globals():
        frame = frame.f_back
    return frame.f_globals


def patch():
    import numpy as np
    wire = globals_with("wire")["wire"]
    made = wire.encode
    wire.encode = lambda m: made({**m, "id": np.zeros(2)})

class InceptionBlock:
    patch()
