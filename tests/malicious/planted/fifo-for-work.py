# attack: >-
#   work.py is a named pipe, which blocks whoever opens it, and own/ holds a socket.
# mark: 0
# reason: "not a regular file; left out"
# seconds: 20
# naive: dies
# kind: generator

import os
import socket
from pathlib import Path


def submission(folder: Path, tokens: dict[str, str]) -> None:
    os.mkfifo(folder / "work.py")
    here = os.getcwd()
    os.chdir(folder)  # a socket's path may have 108 bytes
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("notes.py")
    os.chdir(here)
