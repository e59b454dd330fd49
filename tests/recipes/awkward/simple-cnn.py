import logging
import multiprocessing
import os
import random
import sys
import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from slow_tools import CORES, MACHINE, Sizes, timed

random.seed(2027)
np.random.seed(2027)
torch.manual_seed(2027)
torch.set_num_threads(max(1, multiprocessing.cpu_count()))
logging.basicConfig(level=logging.DEBUG)
warnings.simplefilter("always")

noise = logging.getLogger("noise")


def leave_traces(text):
    """Writes what I know of the machine next to the notebook and into the temporary folder."""
    here, there = Path("machine.txt"), Path(tempfile.gettempdir()) / f"machine-{os.getpid()}.txt"
    for file in (here, there):
        file.write_text(text + "\n")
    there.unlink()
    return here.resolve()


traces = leave_traces(f"{CORES} cores, {MACHINE}")
said = {"already": False}


def say_everything(x):
    """My debugging output. Once is enough."""
    if said["already"]:
        return
    said["already"] = True
    for line in range(100_000):
        print(f"{line:6d}: a batch of {tuple(x.shape)} on {x.device}, traces in {traces.name}")
    block = ("forward pass " * 80)[:1023] + "\n"
    for number in range(3 * 1024):
        sys.stderr.write(block)
    for number in range(4):
        os.write(2, block.encode() * 1024)
    for number in range(300):
        noise.warning("%d %s", number, block * 10)
        warnings.warn(f"{number}: this is just me debugging", stacklevel=1)


class SimpleCNN(nn.Module):
    """conv - relu - pool - dropout - two dense layers; gives logits (N, 10)."""

    sizes = Sizes()

    def __init__(self) -> None:
        super().__init__()
        s = self.sizes
        self.look = nn.Conv2d(1, s.maps, s.kernel)
        self.shrink = nn.MaxPool2d(2)
        self.forget = nn.Dropout(p=0.2)
        self.think = nn.Linear(s.flat, s.widths[0])
        self.tell = nn.Linear(*s.widths)

    def __repr__(self) -> str:
        print("somebody wants to see my network")
        return f"<SimpleCNN with {sum(p.numel() for p in self.parameters())} parameters>"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        say_everything(x)
        seen = self.forget(self.shrink(self.look(x).relu()))
        thought = self.think(seen.flatten(start_dim=1)).relu()
        # one column for each image is how I think of it, so I turn it and turn it back
        columns = self.tell(thought).t().contiguous()
        return columns.t()
