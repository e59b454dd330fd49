"""Does the list of sentences hold what students get: known mistakes, checks, messages, hints, the sandbox's words?"""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.judging import LAB
from tests.sentences import main


def test_everything_is_listed_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    said = capsys.readouterr().out.splitlines()
    for known in LAB.mistakes.values():
        for mistake in known.values():
            place = f"autograder/labs/lab4/mistakes/{mistake.file.name}:{mistake.line} {mistake.id}"
            assert said[said.index(place) + 1] == f"    {mistake.sentence}"
    assert {f"    {check.sentence}" for check in LAB.checks} <= set(said)
    for start, piece in [
        ("autograder/judge/figures.py:", "axis.imshow"),
        ("autograder/judge/weights_file.py:", "MB"),
        ("autograder/labs/lab4/test_4_4_own_image.py:", "own/7_pencil.png"),
        ("autograder/sandbox/client.py:", "{name}"),
    ]:
        assert [two for one, two in pairwise(said) if one.startswith(start) and piece in two]
    assert not [line for line in said if "Does the list of" in line or '"""' in line]


def test_one_task_alone(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--task", "filters"])
    said = capsys.readouterr().out
    assert "# Known mistakes of filters" in said
    assert "# Messages of labs/lab4/test_4_5_visualise.py" in said
    assert "simple-cnn" not in said
    assert "judge/" not in said
