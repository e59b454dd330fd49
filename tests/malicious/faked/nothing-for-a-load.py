# attack: >-
#   Answers nothing where it is asked whether a definition loads.
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
    globals_with("guarded")["guarded"] = lambda work: {"value": None}

class InceptionBlock:
    patch()
