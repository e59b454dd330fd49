# attack: >-
#   notes.py is a symbolic link to a file that only the marker may read; a grader that follows it hands it to
#   student code.
# mark: 0
# reason: "notes.py: a link; left out"
# seconds: 20
# naive: reads
# kind: generator

from pathlib import Path

WORK = """\
from notes import answer


class InceptionBlock:
    def __init__(self, in_channels, branch_channels):
        raise RuntimeError(f"found {answer}")
"""


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text(WORK)
    (folder / "notes.py").symlink_to(tokens["SECRET"])
