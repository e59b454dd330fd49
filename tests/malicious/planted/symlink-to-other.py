# attack: >-
#   work.py is a symbolic link to another student's right work.
# mark: 0
# reason: "work.py: a link; left out"
# seconds: 20
# naive: gains
# kind: generator

from pathlib import Path


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").symlink_to(Path(tokens["OTHER"]) / "work.py")
