import functools
import json
import logging
import platform
import warnings
from pathlib import Path

SETTINGS = json.loads(Path("settings.json").read_text(encoding="utf-8"))
torch.set_num_threads(2)


def channels_last(network):
    """Class decorator: such networks keep their weights with the channels last, which is said to be faster."""
    make = network.__init__

    @functools.wraps(make)
    def make_it_so(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.to(memory_format=torch.channels_last)

    network.__init__ = make_it_so
    return network


@channels_last
class BetterCNN(nn.Module):
    """Two stages of convolution and pooling, then three dense layers."""

    def __init__(self) -> None:
        super().__init__()
        kernels = SETTINGS["kernels"]
        self.stage1 = nn.Conv2d(1, 30, kernels["first"])
        self.stage2 = nn.Conv2d(30, 15, kernels["second"])
        self.drop = nn.Dropout(SETTINGS["dropout"])
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in ((375, 128), (128, 50), (50, 10)))

    def __repr__(self) -> str:
        print(f"BetterCNN on {platform.node()}, {platform.system()}")
        return "BetterCNN(...)"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.to(memory_format=torch.channels_last)
        for stage in (self.stage1, self.stage2):
            x = nn.functional.max_pool2d(stage(x).relu_(), 2)
        x = self.drop(x).flatten(1)
        *hidden, last = self.dense
        for layer in hidden:
            x = layer(x).relu()
        if not torch.is_grad_enabled():
            warnings.warn("no gradients today", RuntimeWarning, stacklevel=2)
            logging.getLogger(__name__).warning("a batch of %d without gradients", len(x))
        return last(x).unsqueeze(-1).expand(-1, -1, 3)[..., 1]  # every third number of memory that isn't even there
