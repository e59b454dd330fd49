# attack: >-
#   A folder that its owner may not list, full of files.
# mark: 0
# seconds: 20
# naive: none

import os, time
class InceptionBlock:
    def __init__(self, *a):
        os.chdir(os.environ["HOME"])
        os.mkdir("d", 0o300)
        os.chdir("d")
        b = b"x" * 2**22
        for i in range(4):
            with open(f"f{i}", "wb") as f:
                for _ in range(12): f.write(b)
        time.sleep(1.0)
        raise ValueError("wrote 192 MB")
