# attack: >-
#   A zip of 22,000 folders with hardly a file in them, each of which has to be made and removed.
# mark: 0
# seconds: 20
# naive: none
# kind: generator

import zipfile
def submission(folder, tokens):
    with zipfile.ZipFile(folder / "work.zip", "w") as z:
        z.writestr("work.py", "InceptionBlock = 1\n")
        for i in range(230):
            z.writestr(f"{i}/" + "a/" * 95 + "x.txt", "x")
