"""Flags for the marker: equal weights, the reference's weights, and accuracies too good to be true."""

from __future__ import annotations

import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.grading.cache import build_of_torch, depends_on
from autograder.grading.flags import flagged, flags_of_digits, flags_of_files, flags_of_weights, reference_fingerprints
from autograder.grading.likeness import near_weights
from autograder.judge import weights_file
from autograder.judge.weights_file import fingerprint
from autograder.labs.lab import open_lab
from autograder.results import CheckResult, OwnDigit, StudentResult, TaskResult
from tests.judging import REFERENCE

NOT_ATTEMPTED = {"id": "works", "status": "not attempted", "score": 0, "max_score": 6, "public": True}


def student(name: str, mark: str = "", measured: float | None = None) -> StudentResult:
    check = CheckResult(
        id="accuracy", status="passed", score=6, max_score=6, public=False, fingerprint=mark, measured=measured
    )
    task = TaskResult(id="best-model", score=6, max_score=6, checks=[check])
    return StudentResult(student=name, status="marked", score=6, max_score=6, tasks=[task])


def flags_of(*students: StudentResult) -> dict[str, list[str]]:
    return {one.student: one.flags for one in flagged(students, REFERENCE)}


def test_equal_weights_are_flagged_at_each_of_their_owners_and_cost_nothing() -> None:
    marks = {"ada": "00" * 32, "bob": "00" * 31 + "07", "eve": "00" * 28 + "ff" * 4, "cy": "00" * 20}
    marked = flagged([student(name, mark) for name, mark in marks.items()], REFERENCE)
    assert [one.flags != [] for one in marked] == [True, True, False, False]
    (flag,) = marked[0].flags
    assert flag.startswith("best-model: ada and bob handed in the same weights, or nearly the same.")
    assert marked[1].flags == [flag]
    assert [one.score for one in marked] == [6, 6, 6, 6]


def test_the_references_weights_are_flagged() -> None:
    known = reference_fingerprints(REFERENCE)
    assert len(known) >= 4
    (flag,) = flags_of_weights(student("ada", next(iter(known))).tasks, REFERENCE)
    assert "the reference's" in flag
    assert flags_of_weights(student("bob", "others").tasks, REFERENCE) == []


def test_a_hundred_per_cent_is_flagged_and_less_is_not() -> None:
    found = flags_of(student("ada", measured=1.0), student("bob", measured=0.9998))
    assert "100.0 %" in found["ada"][0]
    assert found["bob"] == []
    (on_digits,) = flagged([student("ada", measured=1.0)], REFERENCE, data="digits")
    assert on_digits.flags == []


def test_what_could_not_be_read_is_asked_for_again_where_a_task_seems_not_attempted() -> None:
    done = student("ada").tasks
    left = [TaskResult(id="a", score=0, max_score=6, checks=[CheckResult.model_validate(NOT_ATTEMPTED)])]
    what = "n.ipynb is empty: saving it was interrupted."
    lost = [f"{what} Open it where you wrote it, and hand it in again."]
    assert flags_of_files([*done, *left], lost) == [f"{what} Ask for it again before the 0 counts."]
    assert flags_of_files(done, lost) == flags_of_files(left, []) == []


def test_a_fingerprint_is_of_numbers_not_of_names_or_order_or_scale() -> None:
    draw = np.random.default_rng(4)
    one, other, third = (draw.standard_normal((30, 40)).astype(np.float32) for _ in range(3))
    mark = fingerprint([("a", one), ("b", other)])
    assert len(mark) == 80
    assert mark == fingerprint([("x", other), ("module.y", one)])
    assert mark[:64] == fingerprint([("a", 2 * one), ("b", other)])[:64]
    assert not near_weights(mark, fingerprint([("a", one.reshape(40, 30)), ("b", other)]))
    assert not near_weights(mark, fingerprint([("a", one), ("b", third)]))
    odd = one.copy()
    odd[0, :3] = 1e30, np.inf, np.nan
    assert near_weights(mark, fingerprint([("a", odd), ("b", other)]))
    assert fingerprint([]) == fingerprint([("a", np.ones(5, np.float32)), ("b", np.zeros((0, 3), np.float32))]) == ""
    assert not near_weights("", "")


def test_noise_does_not_hide_whose_weights_they_are() -> None:
    draw = np.random.default_rng(4)
    marks = []
    for path in sorted((REFERENCE / "weights").glob("*/*.pt")):
        state = torch.load(path, weights_only=True)
        arrays = [(name, value.numpy()) for name, value in state.items() if value.is_floating_point()]
        marks.append(fingerprint(arrays))
        for noise in (1e-7, 1e-3, 1e-2):
            moved = [(name, value * draw.normal(1, noise, value.shape).astype(np.float32)) for name, value in arrays]
            assert near_weights(fingerprint(moved), marks[-1]), (path, noise)
    assert [sum(near_weights(one, other) for other in marks) for one in marks] == [1] * len(marks)


def test_units_with_other_numbers_do_not_hide_whose_weights_they_are() -> None:
    path = REFERENCE / "weights" / "digits" / "better_cnn.pt"
    state = {name: value.numpy() for name, value in torch.load(path, weights_only=True).items()}
    order = np.random.default_rng(4).permutation(len(state["conv1.bias"]))
    moved = {**state, "conv1.weight": state["conv1.weight"][order], "conv1.bias": state["conv1.bias"][order]}
    moved["conv2.weight"] = state["conv2.weight"][:, order]
    mark, others = (fingerprint(list(weights.items())) for weights in (state, moved))
    assert near_weights(mark, others)
    assert not near_weights(mark[:64], others[:64])
    one = state["conv1.bias"].copy()
    one[0] += 1e-3
    assert fingerprint(list({**moved, "conv1.bias": one}.items()))[64:] != mark[64:]


def test_other_weights_of_the_reference_have_everybody_looked_at_again_and_no_check_asked_again(tmp_path: Path) -> None:
    lab = open_lab("lab4")
    copy = tmp_path / "reference" / REFERENCE.name
    shutil.copytree(REFERENCE, copy)
    theirs = replace(lab, reference=copy)
    assert depends_on(theirs) == depends_on(lab)
    (copy / "weights" / "digits" / "tiny_cnn.pt").write_bytes(b"others")
    whole, shared = depends_on(theirs)
    assert whole != depends_on(lab)[0]
    assert shared == depends_on(lab)[1]


def test_the_build_of_torch_is_told_without_importing_it() -> None:
    assert build_of_torch() == torch.__version__


def test_a_fingerprint_takes_little_memory_and_is_the_same_however_it_is_worked_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrays = [("a", np.random.default_rng(5).normal(size=(1000, 301)).astype(np.float32))]
    tracemalloc.start()
    try:
        mark = fingerprint(arrays)
        assert tracemalloc.get_traced_memory()[1] < 2**25 + 8 * arrays[0][1].nbytes
    finally:
        tracemalloc.stop()
    monkeypatch.setattr(weights_file, "PART", 2**30)
    assert fingerprint(arrays) == mark


def test_own_pictures_that_show_no_digits_are_flagged_and_one_that_is_hard_to_read_is_not() -> None:
    dots = [OwnDigit(file=f"{label}_dot.png", label=label, read=8) for label in (0, 1, 2)]
    (flag,) = flags_of_digits(dots)
    assert "other digits in all of the own pictures: 0_dot.png (8), 1_dot.png (8) and 2_dot.png (8)" in flag
    assert flags_of_digits([*dots, OwnDigit(file="8.png", label=8, read=8)]) == []
    assert flags_of_digits([OwnDigit(file="7_pen.png", label=7, read=1)]) == []
    assert flags_of_digits([OwnDigit(file="7_pen.png", label=7)] * 3) == []
