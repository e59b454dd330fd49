"""Does a check see each demand of a task's text, does a known mistake break it, and is docs/demands.md true?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import manifest
from autograder.course import CourseError
from tests.demands import FILE, NORMATIVE, PAGE, Demands, costs_in, faults, page, read_demands, text_in, texts_of
from tests.judging import LAB

POINTS = {task.id: task.checks for task in LAB.assignment.tasks}


@pytest.fixture(scope="module")
def demands() -> Demands:
    return read_demands(FILE)


def test_each_demand_is_checked_and_each_check_is_demanded(demands: Demands) -> None:
    found = list(faults(demands, texts_of(LAB), POINTS, costs_in(FILE.parent / "mistakes")))
    assert not found, "\n".join(found)


def test_each_known_mistake_breaks_a_demand(demands: Demands) -> None:
    """Else it costs points for something that no text asks for."""
    for task, costs in costs_in(FILE.parent / "mistakes").items():
        named = {mistake for demand in demands.tasks[task].demands for mistake in demand.mistakes}
        assert not costs.keys() - named, task


def test_the_page_is_made_of_the_table_and_the_bank(demands: Demands) -> None:
    made = page(LAB, demands, costs_in(FILE.parent / "mistakes"))
    assert PAGE.read_text(encoding="utf-8") == made, "run `python -m tests.demands`, which writes docs/demands.md anew"


def test_students_get_no_table_and_no_mistakes() -> None:
    """The leak search does not know the table: its quotes are what students read, and must not be secret lines."""
    given = {*manifest.public_files(), *manifest.files(manifest.SANDBOX)}
    assert not [path for path in given if path == FILE or "mistakes" in path.parts]
    assert not manifest.decides_verdicts(FILE)


# --- that these tests can fail ----------------------------------------------------------------------------------------

SCRIPT = '''\
# %% [markdown]
# # Counting
# You must read this.
#
# ## Task `count`: count
# Return the sum
# of the numbers, without a loop if you like.

# %%
given = "must not count"

# %% nbgrader={"grade": false, "grade_id": "count", "solution": true}
def count(numbers):
    """It must be an int."""
    ### BEGIN SOLUTION
    return sum(numbers)  # must not be seen
    ### END SOLUTION

# %% tags=["active-ipynb"]
# check("count")

# %% [markdown]
# You should go on.
'''
TEXT = (
    "## Task `count`: count Return the sum of the numbers, without a loop if you like."
    ' def count(numbers): """It must be an int."""'
)
TABLE = """\
count:
  demands:
    - quote: Return the sum of the numbers
      checks: [sum]
      mistakes: [one-too-few]
    - quote: It must be
        an int.
      checks: [kind]
      test: tests/test_demands.py::test_a_task_s_text_is_what_students_read_between_its_heading_and_its_check
  advice:
    - without a loop
"""
CHECKS = {"count": {"sum": 2.0, "kind": 1.0}}
COSTS = {"count": {"one-too-few": {("count", "sum"): 2.0}, "as-text": {("count", "kind"): 1.0}}}


def found_in(folder: Path, table: str, text: str = TEXT) -> list[str]:
    (folder / "demands.yml").write_text(table, encoding="utf-8")
    return list(faults(read_demands(folder / "demands.yml"), {"count": text}, CHECKS, COSTS))


def test_a_task_s_text_is_what_students_read_between_its_heading_and_its_check(tmp_path: Path) -> None:
    script = tmp_path / "1_counting.py"
    script.write_text(SCRIPT, encoding="utf-8")
    assert text_in(script, "count") == TEXT
    assert found_in(tmp_path, TABLE) == []
    with pytest.raises(CourseError, match=r'1_counting\.py: has no text from "## Task `other`" to'):
        text_in(script, "other")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("the sum of", "a sum of", "line 3: the text of count does not say 'Return a sum of the numbers'"),
        ("without a loop", "with a loop", "line 11: the text of count does not say 'with a loop'"),
        (
            "[sum]",
            "[sum, total]",
            "line 3, 'Return the sum of the numbers': count has no check 'total'; it has sum,",
        ),
        ("      mistakes: [one-too-few]\n", "", "line 3, 'Return the sum of the numbers': no mistake breaks it"),
        ("[one-too-few]", "[gone]", "line 3, 'Return the sum of the numbers': mistakes/count.yml has no 'gone'"),
        ("[one-too-few]", "[as-text]", "line 3, 'Return the sum of the numbers': 'as-text' loses nothing at sum"),
        ("::test_a_task_s_text", "::test_no_text", "line 6, 'It must be an int.': there is no tests/test_demands.py::"),
        ("tests/test_demands.py", "tests/test_gone.py", "there is no tests/test_gone.py::"),
        ("tests/test_demands.py::test_a", "test_a", "line 6, 'It must be an int.': there is no test_a"),
        ("[kind]", "[sum]", "line 1: no demand of count names its check 'kind'"),
        ("  advice:\n    - without a loop\n", "", "line 1: the text of count says 'without' outside of all quotes: …"),
        (
            "It must be\n        an int",
            "be\n        an int",
            "line 1: the text of count says 'must' outside of",
        ),
        ("count:", "counts:", "line 1: course.yml has no task 'counts'"),
        ("count:", "counts:", "demands.yml: the task 'count' is missing"),
    ],
)
def test_what_is_not_true_of_a_table_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert TABLE.count(old) == 1
    found = found_in(tmp_path, TABLE.replace(old, new))
    assert [one for one in found if said in one], found
    assert all(str(tmp_path / "demands.yml") in one for one in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("checks: [sum]", "check: [sum]", "line 3: the key `checks` is missing"),
        ("checks: [sum]", "checks: []", "line 4: demands.0.checks: "),
        ("advice:", "advise:", "line 10: unknown key `advise`"),
        ("[one-too-few]", "[one-too-few", "line 6: "),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert TABLE.count(old) == 1
    with pytest.raises(CourseError) as refused:
        found_in(tmp_path, TABLE.replace(old, new))
    assert f"demands.yml, {said}" in str(refused.value)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("It must not be shown.", ["must"]),
        ("Each has to be a float; nothing else counts.", ["Each", "has to", "nothing else"]),
        ("They come in order, as they are.", ["in order", "as they are"]),
        ("At least three, and no others.", ["At least", "no others"]),
        ("In order to win, you need not run; a returned value is no teacher.", []),
    ],
)
def test_words_that_ask_for_something_are_told_from_others(sentence: str, words: list[str]) -> None:
    assert NORMATIVE.findall(sentence) == words
