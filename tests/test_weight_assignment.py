"""Are the grader's weights given to a network in the ways that fit, the likeliest first, and in little memory?"""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import torch
from torch import nn

from autograder.sandbox.network_handling import ORDERS, assignments, state_of


def test_many_arrays_of_one_shape_need_no_more_memory_than_the_ways_that_are_tried() -> None:
    model = nn.ParameterDict({f"w{number}": nn.Parameter(torch.zeros(3)) for number in range(12)})
    given = [("", np.full(3, number, np.float32)) for number in range(12)]
    tracemalloc.start()
    ways = list(assignments(model, given))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(ways) == ORDERS
    assert most < 2**20
    assert [ways[0][name][0] for name, _ in state_of(model)] == list(range(12))  # in order: the likeliest


def test_the_ways_are_those_of_all_orders_the_last_kind_of_array_changing_first() -> None:
    model = nn.ParameterDict()
    for shape, count in ((2, 3), (3, 4)):
        for number in range(count):
            model[f"w{shape}{number}"] = nn.Parameter(torch.zeros(shape))
    given = [("", np.full(len(value), place, np.float32)) for place, (_, value) in enumerate(state_of(model))]
    expected = itertools.product(itertools.permutations(range(3)), itertools.permutations(range(3, 7)))
    found = [[int(way[name][0]) for name, _ in state_of(model)] for way in assignments(model, given)]
    assert found == [[*first, *second] for first, second in itertools.islice(expected, ORDERS)]
