"""Loads the images: MNIST or, if it cannot be had, scikit-learn's digits on a canvas of MNIST's size."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import io
import math
import os
import socket
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # importing torch takes seconds, and this module is imported by programs that may not need it
    import numpy as np
    import torch
    from torch import Tensor
    from torch.utils.data import TensorDataset

DataName = Literal["mnist", "digits"]
Part = Literal["train", "validation", "test"]

IMAGE_SIDE = 28
BOX_SIDE = 20  # MNIST's digits are scaled to fit 20×20, and centred by their mass in 28×28
MNIST_TRAIN, MNIST_TEST, MNIST_VALIDATION = 60_000, 10_000, 5_000
DIGITS, DIGITS_TEST, DIGITS_VALIDATION = 1_797, 400, 200
NETWORK_PATIENCE = 10.0  # seconds
BY_NAME = "asked for by name"


class DataUnavailable(RuntimeError):
    """The data cannot be had; the message says why, and what to do."""


class TensorLoader:
    """Batches of a data set that is one tensor: without worker processes, and without Python code for each image.

    Iterating gives ``(images, labels)``, ``(B, 1, 28, 28)`` float32 and ``(B,)`` int64; the last batch may
    be smaller. With ``shuffle`` each pass has a new order, drawn from torch's global generator, so that
    ``torch.manual_seed`` makes it reproducible. Torchbearer's ``Trial`` takes it as a generator.
    """

    def __init__(self, images: Tensor, labels: Tensor, batch_size: int = 128, shuffle: bool = False) -> None:
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images, but {len(labels)} labels")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        self.images, self.labels = images, labels
        self.batch_size, self.shuffle = batch_size, shuffle

    def __len__(self) -> int:
        """Batches in one pass."""
        return -(-len(self.images) // self.batch_size)

    @property
    def dataset(self) -> TensorDataset:
        """The images with their labels, as a `DataLoader` has them: `len(loader.dataset)` is how many there are."""
        from torch.utils.data import TensorDataset

        return TensorDataset(self.images, self.labels)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        import torch

        if self.shuffle:
            order = torch.randperm(len(self.images)).to(self.images.device)
            for batch in order.split(self.batch_size):
                yield self.images[batch], self.labels[batch]
        else:
            yield from zip(self.images.split(self.batch_size), self.labels.split(self.batch_size), strict=True)


@dataclass(frozen=True, eq=False)
class Data:
    """A data set in three parts. Images are ``(N, 1, 28, 28)`` float32 in [0, 1], labels ``(N,)`` int64."""

    name: DataName
    description: str  # one line: which data set, how many images and, for the digits, why not MNIST
    train_images: Tensor
    train_labels: Tensor
    validation_images: Tensor
    validation_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    def part(self, part: Part) -> tuple[Tensor, Tensor]:
        """Images and labels of one part."""
        if part not in ("train", "validation", "test"):
            raise ValueError(f'part must be "train", "validation" or "test", not {part!r}')
        return getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")

    def loader(
        self,
        part: Part,
        batch_size: int = 128,
        shuffle: bool | None = None,
        device: str | torch.device | None = None,
    ) -> TensorLoader:
        """Batches of one part, on ``device`` (default: where the data are); only "train" is shuffled by default."""
        images, labels = self.part(part)
        if device is not None:
            images, labels = images.to(device), labels.to(device)
        return TensorLoader(images, labels, batch_size, shuffle=part == "train" if shuffle is None else shuffle)


def load_data(name: Literal["auto", "mnist", "digits"] = "auto", root: str | Path | None = None) -> Data:
    """The data set; each process loads it only once.

    ``name`` is "mnist", "digits", or "auto": the value of ``$AUTOGRADER_DATA``, else MNIST if it can be had, else the
    digits. MNIST is read from ``root`` (default: ``$MNIST_ROOT``, else ``data/`` in the checkout or, without one, in
    the current folder), and downloaded to it if necessary. Raises ``DataUnavailable`` if that data cannot be had.
    Prints nothing.
    """
    name = _asked_for(name)
    if name == "digits":
        return _digits(BY_NAME)
    data, problem = _mnist(Path(root) if root is not None else default_root())
    if data is not None:
        return data
    if name == "mnist":
        raise DataUnavailable(
            f"MNIST cannot be loaded: {problem}. Set MNIST_ROOT to a folder that contains MNIST/raw, go online once, "
            f'or use the digits (data "digits").'
        )
    return _digits(f"MNIST cannot be loaded: {problem}")


def chosen_data(
    name: Literal["auto", "mnist", "digits"] = "auto", root: str | Path | None = None
) -> tuple[DataName, str]:
    """Name and description of the data set that `load_data` would give.

    Avoids loading it, and importing torch, if it can: for the digits, and if MNIST's files are in their place.
    """
    name = _asked_for(name)
    if name == "digits":
        return "digits", _description_of_digits(BY_NAME)
    if _is_complete(_raw(Path(root) if root is not None else default_root())):
        return "mnist", _description_of_mnist()
    data = load_data(name, root)
    return data.name, data.description


def at_hand(name: Literal["auto", "mnist", "digits"] = "auto") -> bool:
    """Whether `load_data` gives what is asked for, without a download and without the digits in MNIST's place."""
    return _asked_for(name) == "digits" or _is_complete(_raw(default_root()))


def digest_of(name: DataName, root: Path | None = None) -> str:
    """A digest of all images and labels of MNIST; empty for the digits, which the version of scikit-learn determines.

    Hashes MNIST's files, without torch, if they are as they should be; else it loads the data.
    """
    if name == "digits":
        return ""
    whole = hashlib.blake2b(digest_size=16)
    folder = _raw(root if root is not None else default_root())
    if _is_complete(folder):
        for file, _, header in _mnist_files():
            whole.update((folder / file).read_bytes()[len(header) :])
        return whole.hexdigest()
    import torch

    data = load_data(name, root)
    fitted = (data.train_images, data.validation_images), (data.train_labels, data.validation_labels)
    for part in (*map(torch.cat, fitted), data.test_images, data.test_labels):
        scale = 255 if part.is_floating_point() else 1
        whole.update((part * scale).round().to(torch.uint8).numpy().tobytes())
    return whole.hexdigest()


def _asked_for(name: Literal["auto", "mnist", "digits"]) -> Literal["auto", "mnist", "digits"]:
    if name == "auto":
        name = os.environ.get("AUTOGRADER_DATA") or name  # type: ignore[assignment]
    if name not in ("auto", "mnist", "digits"):
        raise ValueError(f'name must be "auto", "mnist" or "digits", not {name!r}')
    return name


def default_root() -> Path:
    """Where MNIST is looked for: ``$MNIST_ROOT``, else ``data/`` in the checkout or the current folder."""
    if configured := os.environ.get("MNIST_ROOT"):
        return Path(configured).expanduser()
    checkout = Path(__file__).resolve().parents[1]
    return (checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()) / "data"


def perturb(images: Tensor, seed: int, max_shift: float = 1.5, max_degrees: float = 8.0) -> Tensor:
    """Shifts (pixels) and rotates (degrees) each image a little, by uniform random amounts within the limits.

    Takes and returns ``(N, 1, 28, 28)``. The amounts are drawn from NumPy's ``PCG64(seed)``, so that a seed gives the
    same transformations on every machine. The hidden test images are test images perturbed by a secret seed.
    """
    import numpy as np
    import torch

    draw = np.random.Generator(np.random.PCG64(seed))
    shifts = draw.uniform(-max_shift, max_shift, (len(images), 2))
    radians = np.deg2rad(draw.uniform(-max_degrees, max_degrees, len(images)))
    return shift_and_rotate(images, torch.from_numpy(shifts), torch.from_numpy(radians))


def shift_and_rotate(images: Tensor, shifts: Tensor, radians: Tensor) -> Tensor:
    """Images ``(N, C, H, W)`` moved by ``shifts`` (N, 2) pixels (x, y) and turned by ``radians`` (N,).

    Bilinear, about the centre of the canvas; what comes in from outside of it is 0.
    """
    import torch
    from torch.nn import functional as F

    height, width = images.shape[-2:]
    cos, sin = torch.cos(radians), torch.sin(radians)
    # affine_grid maps output to input coordinates, which run from -1 to 1 over the canvas
    dx, dy = -2 * shifts[:, 0] / width, -2 * shifts[:, 1] / height
    ratio = height / width
    affine = torch.stack([cos, -sin * ratio, dx, sin / ratio, cos, dy], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(affine.to(images), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


@functools.cache
def _mnist(root: Path) -> tuple[Data | None, str]:
    """MNIST from ``root``, or None and the reason. Failures are cached too: trying again would cost seconds."""
    if (data := _mnist_from_files(_raw(root))) is not None:
        return data, ""
    from torchvision.datasets import MNIST

    present = all((_raw(root) / Path(file).stem).is_file() for file, _ in MNIST.resources) or any(
        root.glob("MNIST/processed/test.pt")
    )
    if not present and (problem := _offline(MNIST.mirrors[0] + MNIST.resources[0][0])):
        return None, f"it is not in {root.name}/ and cannot be downloaded ({problem})"
    quiet = io.StringIO()  # for torchvision's progress bars: nbgrader gives 0 points to cells that write to stderr
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NETWORK_PATIENCE)
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            train = MNIST(root, train=True, download=True)
            test = MNIST(root, train=False, download=True)
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        return None, f"{'its files are unreadable' if present else 'the download failed'} ({reason})"
    finally:
        socket.setdefaulttimeout(patience)
    if (len(train.data), len(test.data)) != (MNIST_TRAIN, MNIST_TEST):
        return None, f"its files hold {len(train.data)} + {len(test.data)} images, not {MNIST_TRAIN} + {MNIST_TEST}"

    return _in_three_parts(train.data, train.targets, test.data, test.targets), ""


def _raw(root: Path) -> Path:
    """Where torchvision puts MNIST's files below its root."""
    return root / "MNIST" / "raw"


def _mnist_files() -> Iterator[tuple[str, tuple[int, ...], bytes]]:
    """MNIST's four files: name, shape of the content, header.

    The format (IDX): four bytes for the kind, four for each length, big-endian; then a byte for each pixel or label.
    """
    for name, count in (("train", MNIST_TRAIN), ("t10k", MNIST_TEST)):
        for kind, shape in (("images-idx3", (count, IMAGE_SIDE, IMAGE_SIDE)), ("labels-idx1", (count,))):
            header = b"".join(number.to_bytes(4, "big") for number in (0x800 + len(shape), *shape))
            yield f"{name}-{kind}-ubyte", shape, header


def _is_complete(folder: Path) -> bool:
    """Whether MNIST's four files are in `folder`, unpacked, complete and with the right headers."""
    try:
        for name, shape, header in _mnist_files():
            with (folder / name).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if file.read(len(header)) != header or size != len(header) + math.prod(shape):
                    return False
    except OSError:
        return False
    return True


def _mnist_from_files(folder: Path) -> Data | None:
    """MNIST from its four unpacked files, without the second that importing torchvision takes; None if one of them is
    missing or damaged: torchvision can then download it, or say why not."""
    import numpy as np
    import torch

    if not _is_complete(folder):
        return None
    parts = []
    for name, shape, header in _mnist_files():
        content = np.fromfile(folder / name, np.uint8, offset=len(header))
        parts.append(torch.from_numpy(content.reshape(shape)))
    return _in_three_parts(*parts)


def _description_of_mnist() -> str:
    fitted = MNIST_TRAIN - MNIST_VALIDATION
    return f"MNIST: {fitted} training, {MNIST_VALIDATION} validation and {MNIST_TEST} test images"


def _description_of_digits(why: str) -> str:
    fitted = DIGITS - DIGITS_VALIDATION - DIGITS_TEST
    images = f"{fitted} training, {DIGITS_VALIDATION} validation and {DIGITS_TEST} test images"
    return f"scikit-learn's digits: {images} ({why})"


def _in_three_parts(images: Tensor, labels: Tensor, test_images: Tensor, test_labels: Tensor) -> Data:
    import torch

    def scaled(images: Tensor) -> Tensor:
        return images.unsqueeze(1).to(torch.float32).div_(255)

    fitted = len(images) - MNIST_VALIDATION
    return Data(
        name="mnist",
        description=_description_of_mnist(),
        train_images=scaled(images[:fitted]),
        train_labels=labels[:fitted].long(),
        validation_images=scaled(images[fitted:]),
        validation_labels=labels[fitted:].long(),
        test_images=scaled(test_images),
        test_labels=test_labels.long(),
    )


def _offline(url: str) -> str:
    """Why ``url`` cannot be reached in time, or "". Uses a thread, because a name look-up has no time-out."""
    problem = [f"no answer within {NETWORK_PATIENCE:.0f} s"]

    def ask() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            with urllib.request.urlopen(request, timeout=NETWORK_PATIENCE):
                problem[0] = ""
        except (OSError, ValueError) as error:
            problem[0] = str(getattr(error, "reason", error)) or type(error).__name__

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(NETWORK_PATIENCE)
    return problem[0]


@functools.cache
def _digits(why: str) -> Data:
    """scikit-learn's 1,797 digits on canvases of MNIST's size, in fixed parts with equal shares of each digit."""
    import numpy as np
    import torch

    table = np.loadtxt(_digits_file(), delimiter=",")  # a line for each image: 64 pixels and the label
    images = _on_canvas(table[:, :-1].reshape(-1, 8, 8))
    labels = table[:, -1].astype(np.int64)

    shuffled = np.random.Generator(np.random.PCG64(4)).permutation(len(labels))
    # Spread each digit's images evenly over the order, so that every slice of it is stratified.
    place = np.empty(len(labels))
    for digit in range(10):
        members = np.flatnonzero(labels[shuffled] == digit)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = torch.from_numpy(shuffled[np.argsort(place, kind="stable")])
    test, validation, train = order.split(
        [DIGITS_TEST, DIGITS_VALIDATION, len(labels) - DIGITS_TEST - DIGITS_VALIDATION]
    )
    targets = torch.from_numpy(labels)
    return Data(
        name="digits",
        description=_description_of_digits(why),
        train_images=images[train],
        train_labels=targets[train],
        validation_images=images[validation],
        validation_labels=targets[validation],
        test_images=images[test],
        test_labels=targets[test],
    )


def _digits_file() -> Path:
    """scikit-learn's file of the digits, found without the second that importing scikit-learn takes."""
    found = importlib.util.find_spec("sklearn")
    for folder in (found.submodule_search_locations or []) if found is not None else []:
        if (path := Path(folder, "datasets", "data", "digits.csv.gz")).is_file():
            return path
    raise DataUnavailable(
        "The digits cannot be loaded: scikit-learn's datasets/data/digits.csv.gz is not in this environment. "
        "Install scikit-learn again."
    )


def _on_canvas(digits: np.ndarray) -> Tensor:
    """Digits (N, 8, 8) with values 0 to 16, each scaled in proportion to fit 20×20, centred by its mass:
    (N, 1, 28, 28)."""
    import numpy as np
    import torch
    from torch.nn import functional as F

    ink = torch.from_numpy(digits / 16).float()
    top, bottom = _inked(ink.sum(2).numpy())
    left, right = _inked(ink.sum(1).numpy())
    canvas = torch.zeros(len(ink), 1, IMAGE_SIDE, IMAGE_SIDE)
    sizes = np.stack([bottom - top, right - left], 1)
    for size in np.unique(sizes, axis=0):  # those of one size are scaled at once
        members = np.flatnonzero((sizes == size).all(1))
        cut = torch.stack([ink[i, top[i] : bottom[i], left[i] : right[i]] for i in members])
        height, width = (max(1, round(side * BOX_SIDE / max(size))) for side in size.tolist())
        cut = F.interpolate(cut[:, None], size=(height, width), mode="bicubic", align_corners=False)[:, 0].clamp(0, 1)
        for i, first_row, first_column, digit in zip(members, _start(cut.sum(2)), _start(cut.sum(1)), cut, strict=True):
            canvas[i, 0, first_row : first_row + height, first_column : first_column + width] = digit
    return canvas


def _inked(masses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each row of masses (N, 8): where ink begins, and behind its last."""
    there = masses > 0
    return there.argmax(1), there.shape[1] - there[:, ::-1].argmax(1)


def _start(masses: Tensor) -> list[int]:
    """Where on the canvas masses (N, length) must begin for their centre to be in its middle."""
    import torch

    length = masses.shape[1]
    centres = (masses * torch.arange(length)).sum(1) / masses.sum(1)
    return [min(max(0, round((IMAGE_SIDE - 1) / 2 - centre)), IMAGE_SIDE - length) for centre in centres.tolist()]
