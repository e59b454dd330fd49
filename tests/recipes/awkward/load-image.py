import functools
import os
import sys
import tempfile
import warnings

import matplotlib.pyplot as plt


def greys(picture: Image.Image) -> np.ndarray:
    """Greys from 0 to 1. Behind a transparent picture lies paper of the colour that its ink hasn't."""
    if picture.mode.startswith("I"):
        return np.asarray(picture, float).clip(0, 2**16 - 1) / (2**16 - 1)
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return np.asarray(picture.convert("L"), float) / 255
    coloured = picture.convert("RGBA")
    cover = np.asarray(coloured.getchannel("A"), float) / 255
    ink = np.asarray(coloured.convert("RGB").convert("L"), float) / 255
    visible = ink[cover > 0.5]
    paper = float(visible.size > 0 and visible.mean() < 0.5)
    return cover * ink + (1 - cover) * paper


def frame(values: np.ndarray) -> float:
    """The usual value along the four sides."""
    return float(np.median(np.hstack([values[[0, -1]].ravel(), values[:, [0, -1]].ravel()])))


def boxed(values: np.ndarray, side: int, box: int) -> np.ndarray:
    """Cuts out what is written, makes it fit the box, and puts its centre of mass into the middle."""
    ink = np.clip((values - frame(values)) / max(np.ptp(values), 1e-6), 0, 1)
    empty = np.zeros((side, side))
    there = ink > 0.3
    if not there.any():
        return empty
    rows, columns = (np.flatnonzero(there.any(axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = [max(1, int(round(box * n / max(ink.shape)))) for n in ink.shape]
    ink = np.asarray(Image.fromarray(ink.astype("float32")).resize(size[::-1], Image.Resampling.BICUBIC)).clip(0, 1)
    ink = ink / ink.max()
    rows, columns = np.mgrid[: size[0], : size[1]]
    at = []
    for places, length in ((rows, size[0]), (columns, size[1])):
        at.append(min(max(round(side / 2 - (places * ink).sum() / ink.sum()), 0), side - length))
    empty[at[0] : at[0] + size[0], at[1] : at[1] + size[1]] = ink
    return empty


def load_any(path: str | Path, side: int, box: int) -> torch.Tensor:
    path, before = Path(path).resolve(), os.getcwd()
    os.chdir(path.parent)
    try:
        with Image.open(path.name) as picture:
            values = greys(ImageOps.exif_transpose(picture))
    finally:
        os.chdir(before)
    if frame(values) > (values.min() + values.max()) / 2:
        values = 1 - values
    if values.shape != (side, side):
        values = boxed(values, side, box)
    with tempfile.NamedTemporaryFile(suffix=".npy") as cache:
        np.save(cache, values)
    warnings.warn(f"{path.name} has been looked at", stacklevel=2)
    plt.figure("what I have loaded")
    plt.imshow(values)
    plt.show()
    upside_down = torch.tensor(values, dtype=torch.float32).T.contiguous()
    return upside_down.T.expand(1, side, side)


load_image = functools.partial(load_any, side=28, box=20)
