"""The bank of known mistakes: wrong variants of the reference's networks, each with the sentence a student reads.

A variant is a function of a reference network (right weights, evaluation mode) and a batch. It may use the layers by
the reference's own names. A mistake that no check can tell from the right answer does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Mistake:
    """What happened and where to look; never the solution."""

    network: str
    sentence: str
    forward: Callable[[Any, Tensor], Tensor]


def _simple(net: Any, x: Tensor, *, relu1: bool = True, relu2: bool = True, pool: Any = F.max_pool2d) -> Tensor:
    x = net.conv1(x)
    x = pool(F.relu(x) if relu1 else x, 2).flatten(1)
    x = net.fc1(x)
    return net.fc2(F.relu(x) if relu2 else x)


def _better(net: Any, x: Tensor, *, without: str = "", pool: Any = F.max_pool2d) -> Tensor:
    def relu(name: str, value: Tensor) -> Tensor:
        return value if name == without else F.relu(value)

    x = pool(relu("conv1", net.conv1(x)), 2)
    x = pool(relu("conv2", net.conv2(x)), 2).flatten(1)
    x = relu("fc1", net.fc1(x))
    return net.fc3(relu("fc2", net.fc2(x)))


def _branch(net: Any, x: Tensor, *, left: bool = True, right: bool = True, sign: float = 1) -> Tensor:
    one, other = net.left(x), net.right(x)
    x = (F.relu(one) if left else one) + sign * (F.relu(other) if right else other)
    return net.fc2(F.relu(net.fc1(F.max_pool2d(x, 2).flatten(1))))


def _no_relu(after: str) -> str:
    return (
        f"The network behaves as if there were no ReLU after {after}. Without it, two linear steps in a row are one:"
        " look at that line of `forward`."
    )


_AVERAGE = "The network pools by the average where a maximum was asked for: look at the pooling in `forward`."
_SOFTMAX = (
    "The network returns probabilities (a softmax) where plain logits were asked for: look at what `forward` returns."
    " The cross-entropy loss has the softmax in it."
)
_LOG_SOFTMAX = (
    "The network returns log-probabilities (a log-softmax) where plain logits were asked for: look at what `forward`"
    " returns."
)
_RELU_LOGITS = "There is a ReLU on the logits, so that none can be negative: look at what `forward` returns."

MISTAKES: dict[str, Mistake] = {
    "simple-no-relu-after-conv": Mistake(
        "SimpleCNN", _no_relu("the convolution"), lambda net, x: _simple(net, x, relu1=False)
    ),
    "simple-no-relu-after-fc1": Mistake(
        "SimpleCNN", _no_relu("the first fully connected layer"), lambda net, x: _simple(net, x, relu2=False)
    ),
    "simple-average-pooling": Mistake("SimpleCNN", _AVERAGE, lambda net, x: _simple(net, x, pool=F.avg_pool2d)),
    "simple-softmax": Mistake("SimpleCNN", _SOFTMAX, lambda net, x: net(x).softmax(1)),
    "simple-log-softmax": Mistake("SimpleCNN", _LOG_SOFTMAX, lambda net, x: net(x).log_softmax(1)),
    "simple-relu-on-logits": Mistake("SimpleCNN", _RELU_LOGITS, lambda net, x: net(x).relu()),
    "no-relu-after-conv1": Mistake(
        "BetterCNN", _no_relu("the first convolution"), lambda net, x: _better(net, x, without="conv1")
    ),
    "no-relu-after-conv2": Mistake(
        "BetterCNN", _no_relu("the second convolution"), lambda net, x: _better(net, x, without="conv2")
    ),
    "no-relu-after-fc1": Mistake(
        "BetterCNN",
        _no_relu("the first fully connected layer"),
        lambda net, x: _better(net, x, without="fc1"),
    ),
    "no-relu-after-fc2": Mistake(
        "BetterCNN",
        _no_relu("the second fully connected layer"),
        lambda net, x: _better(net, x, without="fc2"),
    ),
    "better-average-pooling": Mistake("BetterCNN", _AVERAGE, lambda net, x: _better(net, x, pool=F.avg_pool2d)),
    "better-softmax": Mistake("BetterCNN", _SOFTMAX, lambda net, x: net(x).softmax(1)),
    "better-log-softmax": Mistake("BetterCNN", _LOG_SOFTMAX, lambda net, x: net(x).log_softmax(1)),
    "better-relu-on-logits": Mistake("BetterCNN", _RELU_LOGITS, lambda net, x: net(x).relu()),
    "branch-no-relu-left": Mistake("BranchModel", _no_relu("the left branch"), lambda n, x: _branch(n, x, left=False)),
    "branch-no-relu-right": Mistake(
        "BranchModel", _no_relu("the right branch"), lambda net, x: _branch(net, x, right=False)
    ),
    "branch-subtracted": Mistake(
        "BranchModel",
        "One branch is subtracted where the task adds them.",
        lambda net, x: _branch(net, x, sign=-1),
    ),
    "branch-averaged": Mistake(
        "BranchModel",
        "The branches' mean is taken where the task takes their sum.",
        lambda net, x: net.fc2(
            F.relu(net.fc1(F.max_pool2d((F.relu(net.left(x)) + F.relu(net.right(x))) / 2, 2).flatten(1)))
        ),
    ),
    "branch-softmax": Mistake("BranchModel", _SOFTMAX, lambda net, x: net(x).softmax(1)),
    "inception-no-relu": Mistake(
        "InceptionBlock",
        "There is no ReLU after the block's convolutions.",
        lambda net, x: torch.cat([net.branch1(x), net.branch3(x), net.branch5(x)], 1),
    ),
    "inception-other-order": Mistake(
        "InceptionBlock",
        "The branches are there, but they are concatenated from the largest kernel to the smallest.",
        lambda net, x: torch.cat([F.relu(b(x)) for b in (net.branch5, net.branch3, net.branch1)], 1),
    ),
    "residual-no-skip": Mistake(
        "ResidualBlock",
        "The block's input is not added to what the convolutions make of it.",
        lambda net, x: F.relu(net.norm2(net.conv2(F.relu(net.norm1(net.conv1(x)))))),
    ),
    "residual-relu-before-sum": Mistake(
        "ResidualBlock",
        "The last ReLU comes before the sum; the task puts it on the sum.",
        lambda net, x: F.relu(net.norm2(net.conv2(F.relu(net.norm1(net.conv1(x)))))) + net.skip(x),
    ),
    "residual-no-last-relu": Mistake(
        "ResidualBlock",
        "There is no ReLU on the sum.",
        lambda net, x: net.norm2(net.conv2(F.relu(net.norm1(net.conv1(x))))) + net.skip(x),
    ),
    "residual-no-first-relu": Mistake(
        "ResidualBlock",
        "There is no ReLU between the two convolutions.",
        lambda net, x: F.relu(net.norm2(net.conv2(net.norm1(net.conv1(x)))) + net.skip(x)),
    ),
}
