# attack: >-
#   A zip of 20 MB with 190,000 empty files, each of which is made, listed, and removed.
# mark: 0
# naive: none
# kind: generator

import zipfile
from pathlib import Path


def submission(folder: Path, tokens: dict[str, str]) -> None:
    with zipfile.ZipFile(folder / "work.zip", "w") as packed:
        packed.writestr("work.py", "InceptionBlock = 1\n")
        for number in range(190_000):
            packed.writestr(f"{number % 100}/{number}.py", "")
