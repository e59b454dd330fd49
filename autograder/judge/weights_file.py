"""What a student's weights file holds, and whether it fits a network.

The file itself is read in a student process in which no code of the student's runs (`sandbox/weights_reader.py`): an
unpickler is large, and this process holds the labels. What comes back is names and arrays.
"""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.judge.equivalence import side_by_side
from autograder.judge.verdict import Failed, NotAttempted
from autograder.sandbox.network_handling import Arrays, assign_weights, assignments

BITS, SEED = 256, 4  # of a fingerprint
MANY = 2**21  # numbers of an array that are put into sums at most, unless it has more
MIXERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
PART = 2**16  # numbers at once; a multiple of four, since each raw number is four drawn ones

HINT = "Save a state dict: `torch.save(model.state_dict(), path)`."
PROBLEMS = {
    "unreadable": "{name} cannot be read as a state dict.",
    "git-lfs": "{name} is a git-lfs pointer, a few lines of text in place of the weights.",
    "web page": "{name} is a web page, not the weights.",
    "empty": "{name} is empty.",
    "cut": "{name} is cut off: its end is missing.",
    "other file": "{name} is not a file that `torch.save` wrote.",
    "objects": "{name} is not a state dict: it holds a whole module or other objects.",
    "protocol": "{name} is written in a newer pickle protocol, in which `torch.load` refuses to read it safely.",
    "optimiser": "{name} holds the state of an optimiser, not of a network.",
    "checkpoint": "{name} holds a checkpoint: a dictionary with more than the weights in it.",
    "no state dict": "{name} does not hold a state dict.",
    "no tensor": "{name} does not hold a state dict: some entries are not ordinary tensors.",
    "too large": "{name} is larger than {limit:g} MB when unpacked.",
    "too many": "{name} holds more tensors than any network of this lab needs.",
}

HINTS = {
    "git-lfs": "Git keeps large files elsewhere, and a download of the repository has only pointers to them. Run"
    " `git lfs pull`, and hand in the file that is then there.",
    "web page": "The page with the download link was saved, or a page that asks to log in. Download the file itself.",
    "empty": "Saving or copying was broken off, or the disk was full. Save the weights again.",
    "cut": "Saving, copying or uploading was broken off. Save or upload the file again, and compare the sizes.",
    "other file": HINT,
    "objects": "`torch.save(model, path)` pickles the whole object, which no other program can safely load. " + HINT,
    "protocol": "Leave out `pickle_protocol` when you save. " + HINT,
    "optimiser": "Did you save `optimizer.state_dict()`? " + HINT,
    "checkpoint": "Save the network's state dict alone, without the optimiser, the history or the epoch. " + HINT,
}
LOST = ("git-lfs", "web page", "empty", "cut")  # the work itself did not come through

DIAGNOSES = {
    "objects": "whole-module-pickled",
    **dict.fromkeys(("optimiser", "checkpoint", "no state dict", "no tensor"), "no-state-dict"),
}


def content_of(path: Path, name: str, limit_mb: float) -> np.ndarray:
    """The bytes of a weights file; raises `Failed` for one that is too large, `NotAttempted` where there is none."""
    if not path.is_file():
        raise NotAttempted(f"There is no file {name}.", hint="Train the network and save its state dict there.")
    size = path.stat().st_size
    if size > limit_mb * 2**20:
        raise Failed(f"{name} is {size / 2**20:.1f} MB; the limit is {limit_mb:g} MB.")
    return np.frombuffer(path.read_bytes(), np.uint8)


def arrays_of(answer: Any, name: str, limit_mb: float) -> Arrays:
    """The names and arrays that the reader found in a file; raises `Failed` where it found no state dict."""
    problem = answer.get("problem")
    if problem:
        text = PROBLEMS.get(str(problem), PROBLEMS["unreadable"])
        hint = HINTS.get(str(problem), HINT)
        raise Failed(text.format(name=name, limit=limit_mb), hint=hint, diagnosis=DIAGNOSES.get(str(problem)))
    arrays = [(str(key), value) for key, value in answer["state"]]
    if not all(isinstance(value, np.ndarray) and value.dtype == np.float32 for _, value in arrays):
        raise Failed(PROBLEMS["no tensor"].format(name=name), hint=HINT)
    return arrays


def is_lost(message: str) -> bool:
    """Whether a message says that the work itself did not come through, so that somebody should ask for it again."""
    return any(PROBLEMS[problem].partition("{name}")[2] in message for problem in LOST)


def fingerprint(arrays: Arrays) -> str:
    """A digest of weights that is nearly the same for nearly the same weights, in 64 hexadecimal digits, and 16 more.

    Each bit of the first is the sign of a random sum of the numbers (a simhash). Names, the order of arrays of one
    shape, the scale of an array, and single numbers that are far off do not matter. The last digits are a digest of the
    numbers of each array in any order: the same where a layer's units have other numbers. Empty where no array has two
    different numbers.
    """
    sums = np.zeros(BITS)
    for _, value in arrays:
        numbers = np.nan_to_num(value.ravel()).astype(np.float64)
        numbers -= np.median(numbers) if numbers.size else 0
        scale = np.median(np.abs(numbers)) or np.abs(numbers).mean() if numbers.any() else 0
        if scale:
            # In so many sums each number stands: few numbers must reach all sums, and millions take time.
            times = max(1, min(16, MANY // numbers.size)) + 4096 // numbers.size
            generator = np.random.PCG64([SEED, *value.shape])  # its raw numbers are the same in every version of numpy
            for start in range(0, numbers.size, PART):  # all at once would take a gigabyte for a few million numbers
                part = np.clip(numbers[start : start + PART], -scale, scale) / scale
                drawn = generator.random_raw(-(-part.size * times // 4)).astype("<u8").view("<u2")[: part.size * times]
                sums += np.bincount(drawn % BITS, np.where(drawn & BITS, -1, 1) * np.repeat(part, times), BITS)
    return np.packbits(sums > 0).tobytes().hex() + _in_any_order(arrays) if sums.any() else ""


def _in_any_order(arrays: Arrays) -> str:
    """A digest of the numbers of each array, whatever their order and that of the arrays, in 16 hexadecimal digits."""
    totals = []
    for _, value in arrays:
        total = 0
        for start in range(0, value.size, PART):
            mixed = value.ravel()[start : start + PART].astype("<f4").view("<u4").astype(np.uint64)
            for factor in MIXERS:  # a sum of what is mixed is the same in any order (splitmix64: Steele et al. 2014)
                mixed = (mixed ^ (mixed >> np.uint64(30))) * factor
            total += int((mixed ^ (mixed >> np.uint64(31))).sum(dtype=np.uint64))
        totals.append((value.shape, total % 2**64))
    return sha256(repr(sorted(totals)).encode()).hexdigest()[:16]


def halved(arrays: Arrays) -> np.ndarray:
    """The bytes of a file with the same weights, each half as large."""
    file = io.BytesIO()
    torch.save({name: torch.tensor(value / 2) for name, value in arrays}, file)
    return np.frombuffer(file.getvalue(), np.uint8)


def fit_weights(arrays: Arrays, model: nn.Module, name: str) -> nn.Module:
    """`model` with the weights `arrays`, matched by name, else by order and shape; raises `Failed`."""
    ways = list(assignments(model, [(key.removeprefix("module."), value) for key, value in arrays]))
    if not ways:
        own = [(key, list(value.shape)) for key, value in arrays][:60]
        state = model.state_dict().items()
        expected = [(key, list(value.shape)) for key, value in state if value.is_floating_point()]
        raise Failed(
            f"{name} does not fit the network. The network's shapes are on the left, your file's on the right:\n"
            + side_by_side(expected, own),
            hint="Are these the weights of another task's network, or from before you last changed your class? Save"
            " them again from the class as it is now.",
        )
    for _, value in arrays:
        if not np.isfinite(value).all():
            raise Failed(f"{name} contains NaN or infinity.")
    assign_weights(model, ways[0])
    return model.eval()
