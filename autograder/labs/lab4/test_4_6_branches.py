"""Checks of notebook 4_6_branches."""

from __future__ import annotations

import pytest

from autograder.labs.examination import Examination
from autograder.labs.kinds import network_procedures
from autograder.labs.lab4 import networks

# --- branch-model -----------------------------------------------------------------------------------------------------


@pytest.mark.task("branch-model")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
@pytest.mark.rests_on(network_procedures.plain_outputs, "answer")
def test_layer_shapes(examination: Examination) -> None:
    """BranchModel has the task's layers and returns ten logits for each image."""
    networks.BRANCH.layer_shapes(examination, output=[2, 10])


@pytest.mark.task("branch-model")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
def test_branch__same_function(examination: Examination) -> None:
    """With the same weights, BranchModel computes the same as the task's network."""
    networks.BRANCH.same_function(examination)


@pytest.mark.task("branch-model")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.dropout_samples, "train", "eval")
def test_dropout(examination: Examination) -> None:
    """BranchModel applies dropout at the task's rate, in the right place, and only in training mode."""
    networks.BRANCH.dropout_place(examination)


# --- inception-block --------------------------------------------------------------------------------------------------


@pytest.mark.task("inception-block")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
def test_inception__same_function(examination: Examination) -> None:
    """InceptionBlock concatenates its three branches as the task says, for any widths."""
    networks.INCEPTION.same_function(examination)
    networks.INCEPTION_WIDER.same_function(examination)


# --- residual-block ---------------------------------------------------------------------------------------------------


@pytest.mark.task("residual-block")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
def test_same_width(examination: Examination) -> None:
    """ResidualBlock adds its input where input and output have the same width."""
    networks.RESIDUAL_SAME.same_function(examination)
    networks.RESIDUAL_SAME.same_function(examination, train=True)


@pytest.mark.task("residual-block")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
def test_projection(examination: Examination) -> None:
    """ResidualBlock projects its input with a 1×1 convolution where the widths differ."""
    wider, narrower = networks.RESIDUAL_OTHER, networks.RESIDUAL_NARROWER
    for network, passed in ((wider, ()), (narrower, (wider,))):
        network.same_function(examination, passed=passed)
        network.same_function(examination, train=True, passed=passed)


ASKED = (
    *(networks.BRANCH, networks.INCEPTION, networks.INCEPTION_WIDER),
    *(networks.RESIDUAL_SAME, networks.RESIDUAL_OTHER, networks.RESIDUAL_NARROWER),
)
