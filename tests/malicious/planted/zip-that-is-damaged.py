# attack: >-
#   A zip whose packed bytes are damaged: unpacking raises neither an error of the archive nor of the system.
# mark: 0
# reason: "work.py: is damaged"
# seconds: 20
# naive: none
# kind: generator

import zipfile
from pathlib import Path


def submission(folder: Path, tokens: dict[str, str]) -> None:
    path = folder / "work.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("work.py", "InceptionBlock = 1\n" * 400)
    content = bytearray(path.read_bytes())
    content[40:60] = b"\xff" * 20
    path.write_bytes(content)
