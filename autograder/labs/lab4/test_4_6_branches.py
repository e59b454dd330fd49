"""Checks of notebook 4_6_branches."""

from __future__ import annotations

import pytest

from autograder.labs.examination import Examination
from autograder.labs.lab4 import asking, inputs

# --- branch-model -----------------------------------------------------------------------------------------------------


@pytest.mark.task("branch-model")
@pytest.mark.public
def test_layer_shapes(examination: Examination) -> None:
    """BranchModel has layers of the task's sizes and gives ten logits an image."""
    asking.layer_shapes(examination, inputs.BRANCH, output=[2, 10])


@pytest.mark.task("branch-model")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
def test_branch__same_function(examination: Examination) -> None:
    """With the same weights, BranchModel computes what the task's network computes."""
    asking.same_function(examination, inputs.BRANCH)


@pytest.mark.task("branch-model")
@pytest.mark.public
def test_dropout(examination: Examination) -> None:
    """BranchModel drops values with the task's rate and place, and only in training mode."""
    asking.dropout(examination, inputs.BRANCH)


# --- inception-block --------------------------------------------------------------------------------------------------


@pytest.mark.task("inception-block")
@pytest.mark.public
def test_inception__same_function(examination: Examination) -> None:
    """InceptionBlock concatenates its three branches as the task says, for any widths."""
    asking.same_function(examination, inputs.INCEPTION)
    asking.same_function(examination, inputs.INCEPTION_WIDER)


# --- residual-block ---------------------------------------------------------------------------------------------------


@pytest.mark.task("residual-block")
@pytest.mark.public
def test_same_width(examination: Examination) -> None:
    """ResidualBlock adds its input where input and output have the same width."""
    asking.same_function(examination, inputs.RESIDUAL_SAME)
    asking.same_function(examination, inputs.RESIDUAL_SAME, train=True)


@pytest.mark.task("residual-block")
@pytest.mark.public
def test_projection(examination: Examination) -> None:
    """ResidualBlock fits its input with a 1×1 convolution where the widths differ."""
    for probe, passed in ((inputs.RESIDUAL_OTHER, ()), (inputs.RESIDUAL_NARROWER, (inputs.RESIDUAL_OTHER,))):
        asking.same_function(examination, probe, passed=passed)
        asking.same_function(examination, probe, train=True, passed=passed)
