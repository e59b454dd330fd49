"""Does the list of sentences hold what students get: known mistakes, checks, messages, hints, the sandbox's words?"""

from __future__ import annotations

import re
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


# --- what students read of known mistakes -----------------------------------------------------------------------------

SENTENCES = [
    pytest.param(mistake.sentence, id=f"{mistake.task}/{mistake.id}")
    for known in LAB.mistakes.values()
    for mistake in known.values()
]
FEWEST, MOST, LONGEST = 8, 45, 28  # words in all, and of one sentence
HARD = 50  # of Björnsson's index LIX; newspapers have about 45. It counts letters: it needs no dictionary.
POINTS_SOMEWHERE = re.compile(
    r"\?|\b([Ll]ook (at|for)|[Cc]ompare|Think|Work out|Go through|Show|write down)\b"
    r"|\b[Tt]he task (asks|takes|leaves|multiplies)\b|\bwhere the task asks\b"
)
FORBIDDEN = re.compile(
    r"\b(maybe|perhaps|probably|simply|obviously|you (should|must)|stupid|easy|please|fix)\b", re.IGNORECASE
)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w×'’-]+", text)


def faults(sentence: str) -> list[str]:
    """What makes the words on a known mistake hard to read, or of little use; code in backticks counts as a word."""
    plain = re.sub(r"`[^`]*`", "it", sentence)
    words, parts = _words(plain), [part for part in re.split(r"(?<=[.?:])\s+", plain) if part]
    found = []
    if not FEWEST <= len(words) <= MOST:
        found.append(f"{len(words)} words in all")
    if max(len(_words(part)) for part in parts) > LONGEST:
        found.append("a sentence is too long")
    if len(words) / len(parts) + 100 * sum(len(word) > 6 for word in words) / len(words) > HARD:
        found.append("long words in long sentences")
    if not POINTS_SOMEWHERE.search(sentence):
        found.append("it points nowhere")
    if told := FORBIDDEN.search(sentence):
        found.append(f"“{told[0]}”")
    return found


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_a_known_mistake_says_is_short_and_plain_and_points_somewhere(sentence: str) -> None:
    assert faults(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Look there.", "2 words in all"),
        ("Look at it. " + "It is so and so. " * 12, "63 words in all"),
        ("Look at " + "one thing and " * 10 + "at no other.", "a sentence is too long"),
        ("Look at interdependent characteristics throughout the implementations.", "long words in long sentences"),
        ("There is no ReLU after the first of the two layers.", "it points nowhere"),
        ("Perhaps the ReLU is not there: look at the line of `forward`.", "“Perhaps”"),
    ],
)
def test_it_is_seen_when_one_is_not(sentence: str, fault: str) -> None:
    assert fault in faults(sentence)
