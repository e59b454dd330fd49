# attack: >-
#   A zip that holds zips, each of which unpacks to as much as one student may have: what they take together is not counted.
# mark: 0
# naive: none
# kind: generator

import io
import zipfile
from pathlib import Path

COUNT = 6  # as many as one likes: 250 kB each


def submission(folder: Path, tokens: dict[str, str]) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("notes.py", "x = 1\n")
        for number in range(5):
            packed.writestr(f"zeros{number}.bin", bytes(50 * 2**20))
    with zipfile.ZipFile(folder / "work.zip", "w") as packed:
        for number in range(COUNT):
            content = inner.getvalue() + bytes(number)
            packed.writestr(f"part{number}.zip", content)
