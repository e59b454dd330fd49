"""Are source and release what the build makes, the same each time, and does the gate stay shut when it should?"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from autograder.build import gate, installed, package
from autograder.build.package import without_hidden
from autograder.build.pipeline import build
from autograder.build.source_notebooks import BuildError
from autograder.labs.lab import Lab, open_lab
from tests.conftest import ROOT, autograder

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the checkout's reference, by the command line; the gate has its own tests below.

    (That the gate's marks are right, the reference everything and the release nothing, is in test_marking.)
    """
    root = tmp_path_factory.mktemp("built")
    done = autograder("build", "--no-gate", "--out", root)
    assert done.returncode == 0, done.stderr
    return root


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("room", ["source", "release"])
def test_what_is_committed_is_what_the_build_makes(built: Path, room: str) -> None:
    """That building twice gives the same bytes is in it: what is committed was built before, and perhaps elsewhere."""
    assert tree(built / room) == tree(ROOT / room), "run `autograder build` and commit source/ and release/"


def test_the_release_holds_what_the_list_says_and_nothing_else(built: Path) -> None:
    names = {name for name in tree(built / "release") if not name.startswith("lab4/images/")}
    notebooks = {f"lab4/{name}.ipynb" for name in open_lab("lab4").assignment.notebooks}
    assert names == notebooks | {
        "lab4/.github/workflows/check.yml",
        "lab4/.gitignore",
        "lab4/README.md",
        "lab4/requirements.txt",
        "lab4/lab4_autograder-0.1.0-py3-none-any.whl",
    }
    assert len([name for name in tree(built / "release") if name.startswith("lab4/images/")]) >= 10


def test_the_students_package_holds_no_reference_no_mistake_and_no_hidden_check(built: Path) -> None:
    (wheel,) = (built / "release/lab4").glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        text = "\n".join(opened.read(name).decode() for name in names if name.endswith(".py"))
    assert not [name for name in names if "expected" in name or "mistakes" in name or "grading" in name]
    assert "\n@pytest.mark.hidden" not in text
    assert "def test_better__weights_fit" in text


# --- the gate ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def copies(built: Path, tmp_path: Path) -> tuple[Lab, Path, Path]:
    """The lab, and copies of source and release to break."""
    shutil.copytree(built / "source/lab4", tmp_path / "source/lab4")
    shutil.copytree(built / "release/lab4", tmp_path / "release/lab4")
    return open_lab("lab4"), tmp_path / "source/lab4", tmp_path / "release/lab4"


def breaches(lab: Lab, source: Path, release: Path) -> list[str]:
    checks = lab.checks
    found = [*gate.notebook_breaches(source), *gate.notebook_breaches(release)]
    return found + gate.points_breaches(lab, checks, source) + gate.leaks(lab, checks, release)


def edit(path: Path, change: object) -> None:
    notebook = json.loads(path.read_text())
    change(notebook)  # type: ignore[operator]
    path.write_text(json.dumps(notebook))


def cell_of(notebook: dict, grade_id: str) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def test_the_gate_lets_a_clean_build_through(copies: tuple[Lab, Path, Path]) -> None:
    assert breaches(*copies) == []


def test_the_gate_finds_a_solution_line_in_a_notebook(copies: tuple[Lab, Path, Path]) -> None:
    line = "\n    self.conv2 = nn.Conv2d(30, 15,  kernel_size=3)  # left behind"
    edit(copies[2] / "4_2_better_cnn.ipynb", lambda nb: cell_of(nb, "better-cnn")["source"].append(line))
    (sentence,) = breaches(*copies)
    assert "4_2_better_cnn.ipynb, cell" in sentence
    assert "this line is secret in 4_2_better_cnn.py" in sentence


def test_the_gate_finds_hidden_checks_expected_answers_and_mistakes(copies: tuple[Lab, Path, Path]) -> None:
    (wheel,) = copies[2].glob("*.whl")
    with zipfile.ZipFile(wheel, "a") as opened:
        opened.writestr("autograder/labs/more/variant.py", "nn.Conv2d(1, 30, kernel_size=3)\n")
        for name in ("lab4/test_4_2_better_cnn.py", "kinds/network_reference.py"):
            opened.write(ROOT / "autograder/labs" / name, f"autograder/labs/more/{Path(name).name}")
    found = "\n".join(breaches(*copies))
    assert "this line is secret in test_4_2_better_cnn.py" in found
    assert "this line is secret in network_reference.py" in found
    assert "(kernels-swapped): " in found


def test_the_gate_finds_wrong_points_missing_cells_and_unknown_ones(copies: tuple[Lab, Path, Path]) -> None:
    def change(notebook: dict) -> None:
        cell_of(notebook, "simple-cnn-check")["metadata"]["nbgrader"]["points"] = 7
        cell_of(notebook, "shapes-check")["metadata"]["nbgrader"]["grade_id"] = "shape-check"

    edit(copies[1] / "4_1_simple_cnn.ipynb", change)
    found = breaches(*copies)
    assert "4_1_simple_cnn: the cell 'simple-cnn-check' has 7 points, but course.yml gives it 8" in found
    assert "4_1_simple_cnn: the grade cell 'shapes-check' is missing; course.yml gives it 4 points" in found
    assert "4_1_simple_cnn: course.yml has no task or question for the grade cell 'shape-check'" in found


def test_the_gate_finds_an_invalid_notebook(copies: tuple[Lab, Path, Path]) -> None:
    edit(copies[2] / "4_6_branches.ipynb", lambda nb: nb["cells"][0].pop("cell_type"))
    assert any("release/4_6_branches.ipynb is not a valid notebook" in sentence for sentence in breaches(*copies))


def test_the_gate_marks_a_reference_that_is_wrong_and_a_release_that_is_not_empty(
    copies: tuple[Lab, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, source, release = copies
    for path in [*source.glob("4_[1-5]*.ipynb"), *release.glob("4_[1-5]*.ipynb")]:
        path.unlink()  # one notebook takes as long as it must
    solved = json.loads((source / "4_6_branches.ipynb").read_text())
    right = "".join(cell_of(solved, "inception-block")["source"])
    edit(
        source / "4_6_branches.ipynb",
        lambda nb: cell_of(nb, "inception-block").update(source=right.replace("F.relu", "")),
    )
    edit(release / "4_6_branches.ipynb", lambda nb: cell_of(nb, "inception-block").update(source=right))
    found = gate.marks_breaches(lab, source, release, "digits")
    package = next(release.glob("*.whl")).name
    asked = f"{package}: `autograder check` gives the"
    assert any(f"{asked} reference 0 of 3 for inception-block/same-function: " in sentence for sentence in found)
    assert any(f"{asked} release 3 of 3 for inception-block/same-function: " in sentence for sentence in found)
    assert len(of_branches(found)) == 2
    monkeypatch.setattr(gate, "package_breaches", lambda *_: [])
    found = gate.marks_breaches(lab, source, release, "digits")
    assert any("the reference lost points: inception-block/same-function 0 of 3" in sentence for sentence in found)
    assert any("the release earned points without work: inception-block/same-function 3 of 3" in s for s in found)
    assert len(of_branches(found)) == 2


def of_branches(found: list[str]) -> list[str]:
    """What is said of the tasks of the sixth notebook."""
    return [sentence for sentence in found if re.search("branch-model/|inception-block/|residual-block/", sentence)]


def test_the_gate_finds_a_package_that_cannot_run(copies: tuple[Lab, Path, Path]) -> None:
    lab, _, release = copies
    (wheel,) = release.glob("*.whl")
    left_out = "autograder/results.py"
    with zipfile.ZipFile(wheel) as old:
        files = {name: old.read(name) for name in old.namelist() if name != left_out}
        record = next(name for name in files if name.endswith("/RECORD"))
        files[record] = b"".join(line for line in files[record].splitlines(True) if left_out.encode() not in line)
    with zipfile.ZipFile(wheel, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    (found,) = installed.package_breaches(lab, release, {"release": release})
    assert f"{wheel.name} cannot run: `autograder check` on the release ends with status 1: " in found
    assert "No module named 'autograder.results'" in found


def test_a_breach_leaves_source_and_release_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "frozen", lambda oracle, decimals: {})  # a key of no answers: they take long
    shutil.copytree(ROOT / "reference", tmp_path / "reference")
    shutil.copyfile(ROOT / "course.yml", tmp_path / "course.yml")
    script = tmp_path / "reference/lab4/4_6_branches.py"
    script.write_text(script.read_text().replace('"points": 3', '"points": 4'))
    (tmp_path / "release/lab4").mkdir(parents=True)
    (tmp_path / "release/lab4/old.txt").write_text("old")
    with pytest.raises(
        BuildError, match=r"4_6_branches\.py, line \d+: the cell 'inception-block-check' has .points.: 4, but"
    ):
        build(open_lab("lab4", tmp_path / "course.yml"), tmp_path)
    assert tree(tmp_path / "release") == {"lab4/old.txt": b"old"}


def test_hidden_checks_and_what_only_they_use_are_taken_out() -> None:
    source = (Path(__file__).parent / "fixtures" / "checks_to_strip.py").read_text()
    public = without_hidden(source, {"open"})
    assert "test_open" in public
    assert "shared_helper" in public
    assert "SHARED = 1" in public
    for gone in ("test_secret", "secret_helper", "SECRET", "import math"):
        assert gone not in public
    compile(public, "public", "exec")


def test_a_name_given_a_value_twice_is_taken_out_or_left_whole() -> None:
    open_names = "SHARED: int = 2\nOPEN = 1\nOPEN += SHARED\n"
    open_test = "\n\ndef test_open():\n    assert OPEN\n"
    secret_names, secret_test = "SECRET = 3\nSECRET = SECRET + 1\n", "\n\ndef test_secret():\n    assert SECRET\n"
    public = without_hidden(open_names + secret_names + open_test + secret_test, {"open"})
    assert public == open_names + open_test
