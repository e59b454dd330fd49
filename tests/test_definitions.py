"""Are definitions found by name, and does just what they need run? (Fixtures: tests/fixtures/definitions.)"""

from __future__ import annotations

import math
import pickle
import warnings
from pathlib import Path

import pytest

from autograder.sandbox.own_kernel import Kernel
from autograder.submission.definitions import Definitions
from autograder.submission.wanted import LoadFailed, Missing

FOLDER = Path(__file__).parent / "fixtures" / "definitions"


@pytest.fixture
def definitions() -> Definitions:
    return Definitions(FOLDER)


def test_a_function_gets_the_helpers_and_constants_it_needs_and_no_training_runs(definitions: Definitions) -> None:
    assert definitions.load("wanted", "4_1_simple_cnn")(2) == 2 * 3 + 6


def test_a_method_put_on_a_class_afterwards_is_there_and_missing_names_come_from_other_files(
    definitions: Definitions,
) -> None:
    assert definitions.load("Net", "4_1_simple_cnn")().forward() == 4


def test_the_last_definition_in_the_tasks_own_notebook_counts_and_is_said(definitions: Definitions) -> None:
    assert definitions.load("twice", "4_1_simple_cnn")() == 2
    assert definitions.load("twice", "4_2_better_cnn")() == 3
    notes = " ".join(definitions.notes("twice", "4_1_simple_cnn"))
    assert "defined 2 times in 4_1_simple_cnn.ipynb" in notes
    assert "also defined in 4_2_better_cnn.ipynb" in notes


def test_of_many_places_where_a_name_is_defined_the_first_is_named(tmp_path: Path) -> None:
    for letter in "abcd":
        (tmp_path / f"{letter}.py").write_text(f"x = '{letter}'", encoding="utf-8")
    assert Definitions(tmp_path).notes("x") == ["`x` is also defined in b.py and 2 more; the one in a.py counts."]


def test_a_stub_gives_way_to_a_written_definition(definitions: Definitions) -> None:
    assert definitions.load("stubbed", "4_2_better_cnn")() == 1


def test_borrowed_names_are_the_same_object(definitions: Definitions) -> None:
    lent = definitions.load("lent", "4_2_better_cnn")
    assert lent(2) == 12
    assert lent.__globals__["wanted"] is definitions.load("wanted", "4_2_better_cnn")


def test_a_syntax_error_costs_its_own_cell_and_is_named(definitions: Definitions) -> None:
    assert any("4_1_simple_cnn.ipynb, cell 7, line 1: a syntax error" in problem for problem in definitions.problems)


def test_what_is_missing_may_stand_in_a_cell_that_could_not_be_read(definitions: Definitions) -> None:
    where = r"`gone` is not defined.*\nIt may be in a part that .*, cell \d+, line \d+: a syntax error"
    with pytest.raises(Missing, match=where):
        definitions.load("gone")


def test_a_kernel_points_out_a_name_that_is_nearly_the_one() -> None:
    kernel = Kernel({"conv1_7x3_shape": (1, 2), "count": 3, "np": pytest})
    with pytest.raises(Missing, match=r"run the cell that defines it\.\nDid you mean `conv1_7x3_shape`\?"):
        kernel.get("conv1_7x3_output_shape")
    with pytest.raises(Missing, match=r"run the cell that defines it\.$"):
        kernel.get("simple_cnn_parameters")
    kernel.close()


def test_unfilled_values_are_not_values(definitions: Definitions) -> None:
    assert definitions.load("value", "4_1_simple_cnn") is Ellipsis


def test_what_cannot_be_defined_says_where(definitions: Definitions) -> None:
    with pytest.raises(LoadFailed, match=r"`ratio` could not be defined: .*cell 14, line 1 raised ZeroDivisionError"):
        definitions.load("ratio", "4_1_simple_cnn")
    with pytest.raises(Missing, match="`nothing` is not defined"):
        definitions.load("nothing")


@pytest.mark.parametrize(
    ("other", "kind", "said"),
    [
        ("", Missing, "`Net` is not defined in any notebook or script."),
        (
            "class Net:\n    x = 1 / 0\n",
            LoadFailed,
            "`Store` could not be defined: .*`Net` could not be defined: .*ZeroDiv",
        ),
    ],
)
def test_what_rests_on_a_definition_that_is_not_there_says_which(
    tmp_path: Path, other: str, kind: type[Exception], said: str
) -> None:
    (tmp_path / "a.py").write_text(other)
    own = "from autograder.sandbox.student_notebook import borrow\n"
    store = "class Store:\n    net = borrow('Net')\n    load = print\n\nload_model = Store.load\n"
    (tmp_path / "b.py").write_text(own + store)
    with pytest.raises(kind, match=said) as error:
        Definitions(tmp_path).load("load_model")
    assert "NameError" not in str(error.value)


def test_what_fills_a_name_by_a_call_or_a_loop_runs_and_so_does_what_sets_a_library_up(
    definitions: Definitions,
) -> None:
    with warnings.catch_warnings():
        assert definitions.load("registered", "4_1_simple_cnn")() == (["conv", 1, 2], "UserWarning")


def test_classes_are_found_where_pickle_looks_for_them(definitions: Definitions) -> None:
    point = definitions.load("Point")(3)
    assert pickle.loads(pickle.dumps(point)) == point


def test_magics_in_strings_and_brackets_stay(definitions: Definitions) -> None:
    assert definitions.load("text", "4_1_simple_cnn") == "\n%not a magic\n"
    assert definitions.load("number", "4_1_simple_cnn") == 2


def test_what_is_computed_with_a_library_does_not_change_it_and_what_names_it_does(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(
        "import math, fractions\n"
        "math.limit = 3\n"  # by its own name
        "def wanted():\n    return math.limit, math.floor(2.5)\n"
        "rounding = getattr(fractions, 'Fraction', math)\n"
        "ran = []\n"
        "for one in [rounding, math]:\n    ran.append(one)\n    one.seen = True\n",
        encoding="utf-8",
    )
    definitions = Definitions(tmp_path)
    assert definitions.load("wanted")() == (3, 2)
    assert not hasattr(math, "seen")
