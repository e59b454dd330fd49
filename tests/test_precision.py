"""Is everything that is compared computed in full 32 bits, and is a student's own choice left as it was?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from autograder.sandbox.own_kernel import Kernel
from autograder.sandbox.precision import full_precision

SHORT = (torch.backends.cuda.matmul, torch.backends.cudnn)


@pytest.fixture(params=[True, False])
def chosen(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the student wants short sums, on GPUs that have them."""
    before = [part.allow_tf32 for part in SHORT]
    for part in SHORT:
        part.allow_tf32 = request.param
    yield request.param
    for part, value in zip(SHORT, before, strict=True):
        part.allow_tf32 = value


def test_sums_are_long_while_it_lasts_and_then_as_before_also_after_an_error(chosen: bool) -> None:
    def fail() -> None:
        with full_precision():
            assert [part.allow_tf32 for part in SHORT] == [False, False]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [part.allow_tf32 for part in SHORT] == [chosen, chosen]


def test_a_notebooks_own_check_asks_with_long_sums(chosen: bool) -> None:
    def seen(student: Kernel) -> list[bool]:
        return [part.allow_tf32 for part in SHORT]

    kernel = Kernel({})
    assert kernel.ask(seen, [], {}, {}) == [False, False]
    kernel.close()
    assert [part.allow_tf32 for part in SHORT] == [chosen, chosen]
