# attack: >-
#   Folders 700 deep, on which everything that walks through them recursively fails.
# mark: 0
# reason: "folders deep; left out"
# seconds: 20
# naive: none
# kind: generator

import os
from pathlib import Path


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text("InceptionBlock = 1\n")
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(700):
        os.mkdir("a")
        os.chdir("a")
    Path("deep.py").write_text("InceptionBlock = 2\n")
    os.chdir(here)
