# attack: >-
#   A zip packed by LZMA, whose dictionary the reader would have to make room for.
# mark: 0
# reason: "work.py: is packed in a way"
# seconds: 20
# naive: none
# kind: generator

import zipfile
from pathlib import Path


def submission(folder: Path, tokens: dict[str, str]) -> None:
    with zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_LZMA) as made:
        made.writestr("work.py", "InceptionBlock = 1\n")
