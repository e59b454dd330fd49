"""Tasks that ask for a function of tensors: it must return the tensor that the reference's function returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.judge.compare import array, same, shape_text
from autograder.labs.kinds import function_procedures
from autograder.labs.questions import Aspect, Given, Question

A_SLIP = 0.25  # of a check's points: for the right numbers in another form
Say = str | Callable[[np.ndarray, np.ndarray], str]


def function_question(
    id: str,
    task: str,
    function: str,
    arguments: Callable[[int], dict[str, Any]],
    check: str,
    differs: Say,
    hint: str = "",
    public: bool = True,
) -> Question:
    """What `function` returns for the arguments that a seed gives; arrays among them become tensors.

    `differs` says of a tensor of the right shape what is wrong with it, from its numbers and the right ones. What a
    hidden check says must hold none of the numbers that it gave.
    """

    def returned(answer: Any, given: Given) -> np.ndarray | None:
        return None if answer["returned"] is None else array(answer["returned"], f"What `{function}` returned")

    def said(got: np.ndarray, want: np.ndarray) -> str:
        if got.shape != want.shape:
            return (
                f"`{function}` should return a tensor of shape {shape_text(want.shape)}, but returned"
                f" {shape_text(got.shape)}."
            )
        return differs(got, want) if callable(differs) else differs

    return Question(
        id=id,
        task=task,
        procedure=function_procedures.call,
        uses=(function,),
        given=lambda ask, seed: {"function": function, "arguments": arguments(seed)},
        aspects=(
            Aspect(
                "kind",
                lambda answer, given: answer["kind"] if answer["returned"] is None else None,
                check=check,
                right=None,
                say=f"`{function}` should return a tensor, but returned {{got}}.",
                names=True,
            ),
            Aspect("returned", returned, check=check, alike=same, say=said, hint=hint, names=True),
            a_tensor(function, check, "float32"),
        ),
        public=public,
    )


def a_tensor(function: str, check: str, dtype: str = "") -> Aspect:
    """A slip: the right numbers, but in an array, or in a tensor of another `dtype`, if one is asked for."""
    wanted = f"a {dtype} tensor" if dtype else "a tensor"
    return Aspect(
        "a tensor",
        lambda answer, given: _form(answer, dtype),
        check=check,
        right=None,
        say=f"What `{function}` returned has the right numbers, but it should be {wanted} and is {{got}}.",
        worth=A_SLIP,
        names=True,
    )


def _form(answer: Any, dtype: str) -> str | None:
    """What was returned in the place of a tensor, in words."""
    if not answer["tensor"]:
        return f"of type {answer['kind']}"
    own = str(answer["dtype"]).removeprefix("torch.")
    return None if own == dtype or not dtype else f"a tensor of {own}"
