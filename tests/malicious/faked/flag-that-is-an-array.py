# attack: >-
#   Answers with an array for the flag of an error.
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
    globals_with("guarded")["guarded"] = lambda work: {"error": {"stub": np.zeros(2)}}

class InceptionBlock:
    patch()
