"""Makes the zip of an autograder that runs at Gradescope: the course, `setup.sh` and `run_autograder`.

It contains the solutions and the seed of the hidden images, so only instructors may have it. Gradescope runs student
code as root in a container. If the container allows no sandbox, `run_autograder` refuses to mark, and Gradescope shows
that the autograder failed: without a sandbox, a student's code could write its own mark.
"""

from __future__ import annotations

import json
import secrets
import zipfile
from pathlib import Path

from autograder.export.formats import Exported, ExportError, Format, Request
from autograder.labs.lab import CHECKOUT
from autograder.storage import write_whole

STAMP = (2020, 2, 2, 0, 0, 0)
PROGRAMS = Path(__file__).parent / "gradescope"
COURSE = ("course.yml", "pyproject.toml", "constraints.txt", "README.md", "LICENSE")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", "own", "images"}


def write(request: Request) -> Exported:
    """Writes the zip. It marks with the data set and the secret seed of MARKS, so that marks are the same there."""
    if request.path.suffix != ".zip":
        raise ExportError(f"{request.output}: the output is a zip, so its name must end in .zip")
    lab = request.results.assignment
    files: dict[str, bytes] = {}
    for name in ("setup.sh", "run_autograder"):
        files[name] = (PROGRAMS / name).read_bytes()
    for name in COURSE:
        files[f"course/{name}"] = _read(CHECKOUT / name)
    for folder in (CHECKOUT / "autograder", CHECKOUT / "reference" / lab):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not LEFT_OUT & set(path.relative_to(folder).parts):
                files[f"course/{path.relative_to(CHECKOUT).as_posix()}"] = path.read_bytes()
    settings = {
        "assignment": lab,
        "data": request.results.data,
        "seed": _seed(request.folder),
        "unsafe_no_sandbox": request.unsafe_no_sandbox,
    }
    files["settings.json"] = (json.dumps(settings, indent=1) + "\n").encode()
    _write_zip(request.path, files)
    notes = [
        "It contains the solutions and the seed of the hidden images: upload it, and give it to nobody else.",
        "In Gradescope, choose at least 2 CPUs, 6 GB of memory and a time-out of 20 minutes.",
    ]
    if request.unsafe_no_sandbox:
        notes.append("Without a sandbox (--unsafe-no-sandbox), a student's code can write its own mark there.")
    else:
        notes.append("setup.sh ends with `autograder doctor`: its build log says whether there is a sandbox.")
    return Exported([request.path], 0, [], notes)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExportError(
            f"{path}: cannot be read ({error.strerror}), but the zip needs it; run this in the course's checkout"
        ) from error


def _seed(marks: Path) -> int:
    """The secret seed of MARKS, from its cache; a new one if there is no cache."""
    try:
        return int((marks / "cache" / "seed").read_text())
    except (OSError, ValueError):
        return secrets.randbits(63)


def _write_zip(path: Path, files: dict[str, bytes]) -> None:
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name in ("setup.sh", "run_autograder") else 0o644) << 16
            archive.writestr(entry, content)
    write_whole(path, out.getvalue())


FORMAT = Format(
    name="gradescope-autograder",
    summary="the zip of an autograder that marks at Gradescope, if its container allows a sandbox",
    output="gradescope-autograder.zip",
    write=write,
    takes=frozenset({"unsafe-no-sandbox"}),
    totals=False,
)
