# attack: >-
#   notes.py is a hard link to a file that only the marker may read: a regular file, which no test for links
#   finds.
# mark: 0
# seconds: 20
# naive: reads
# kind: generator

import os
from pathlib import Path

WORK = """\
from notes import answer


class InceptionBlock:
    def __init__(self, in_channels, branch_channels):
        raise RuntimeError(f"found {answer}")
"""


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text(WORK)
    os.link(tokens["SECRET"], folder / "notes.py")
