"""Draws the diagrams that the build embeds in the notebooks, into diagrams/: `python draw_diagrams.py`.

Their background is transparent and their colours are between light and dark, so that they can be read on a white page
and on a black one. They show no size that a task asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from PIL import Image

from autograder.drawing import draw

FOLDER = Path(__file__).parent / "diagrams"

LABEL = "#7d828c"  # on the page itself: the contrast to white and to black pages is about the same
# What boxes are filled with; their text is white.
FILL = {"convolution": "#2f6fb3", "other": "#6b6f78", "connected": "#8a5a9e", "merge": "#a8561f", "file": "#2f7d4f"}
PAGES = ("#ffffff", "#111111")


@dataclass(frozen=True)
class Place:
    """A rectangle on the sheet, in pixels; y counts downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> tuple[float, float]:
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> tuple[float, float]:
        return self.x + self.width, self.y + self.height / 2

    @property
    def top(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height


class Sheet:
    """A transparent sheet of `width` by `height` pixels to draw on."""

    def __init__(self, width: int, height: int) -> None:
        self.size = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)  # a point of a font is a pixel
        self.figure.patch.set_alpha(0)
        self.axis = self.figure.add_axes((0, 0, 1, 1))
        self.axis.set(xlim=(0, width), ylim=(height, 0))
        self.axis.axis("off")
        self.texts: list[tuple[object, Place]] = []

    def text(
        self, x: float, y: float, words: str, size: int = 18, colour: str = LABEL, within: Place | None = None
    ) -> None:
        """Write `words` around the point (x, y); `within` is where they must fit, the sheet if it is None."""
        written = self.axis.text(
            x,
            y,
            words,
            fontsize=size,
            color=colour,
            ha="center",
            va="center",
            linespacing=1.25,
            weight="bold",
            zorder=5,
        )
        self.texts.append((written, within or Place(0, 0, *self.size)))

    def below(self, place: Place, words: str) -> None:
        """Write `words` under a place."""
        self.text(place.x + place.width / 2, place.y + place.height + 12 + 12 * len(words.splitlines()), words)

    def box(self, x: float, y: float, width: float, height: float, words: str, kind: str = "other") -> Place:
        """A step: a filled box with white words."""
        place = Place(x, y, width, height)
        style = "round,pad=0,rounding_size=8"
        self.axis.add_patch(FancyBboxPatch((x, y), width, height, style, facecolor=FILL[kind], linewidth=0, zorder=3))
        self.text(x + width / 2, y + height / 2, words, colour="white", within=place)
        return place

    def frame(self, x: float, y: float, width: float, height: float, title: str) -> Place:
        """An empty frame with its title inside, at the top."""
        style = "round,pad=0,rounding_size=12"
        self.axis.add_patch(
            FancyBboxPatch((x, y), width, height, style, fill=False, edgecolor=LABEL, linewidth=2, linestyle="--")
        )
        self.text(x + width / 2, y + 24, title)
        return Place(x, y, width, height)

    def arrow(self, *points: tuple[float, float]) -> None:
        """A line through the points, with a head at the last."""
        for start, end in pairwise(points[:-1]):
            self.axis.plot(*zip(start, end, strict=True), color=LABEL, linewidth=2.5, solid_capstyle="round", zorder=1)
        head = FancyArrowPatch(
            *points[-2:],
            arrowstyle="-|>",
            mutation_scale=18,
            shrinkA=0,
            shrinkB=0,
            color=LABEL,
            linewidth=2.5,
            zorder=1,
        )
        self.axis.add_patch(head)

    def plus(self, x: float, y: float) -> Place:
        """The circle in which branches are summed."""
        radius = 26
        self.axis.add_patch(Circle((x, y), radius, facecolor=FILL["merge"], linewidth=0, zorder=3))
        place = Place(x - radius, y - radius, 2 * radius, 2 * radius)
        self.text(x, y, "+", size=34, colour="white", within=place)
        return place

    def stack(self, x: float, middle: float, side: float, words: str, shown: int = 5) -> Place:
        """Feature maps: some squares behind each other, with words below."""
        step, depth = 7, 7 * (shown - 1)
        place = Place(x, middle - (side + depth) / 2, side + depth, side + depth)
        for index in reversed(range(shown)):
            corner = x + step * index, place.y + step * (shown - 1 - index)
            shade = to_rgba(FILL["convolution"], 1) if index == 0 else to_rgba("#8fb2d9", 1)
            self.axis.add_patch(
                Rectangle(corner, side, side, facecolor=shade, edgecolor="white", linewidth=1, zorder=3)
            )
        self.below(place, words)
        return place

    def column(self, x: float, middle: float, height: float, words: str) -> Place:
        """A vector of values: a narrow column, with words below."""
        place = Place(x, middle - height / 2, 20, height)
        self.axis.add_patch(Rectangle((x, place.y), 20, height, facecolor=FILL["connected"], linewidth=0, zorder=3))
        self.below(place, words)
        return place

    def pixels(
        self,
        x: float,
        y: float,
        width: float,
        values: np.ndarray,
        words: str = "",
        cmap: str = "gray",
        grid: bool = False,
    ) -> Place:
        """Values (rows, columns) from 0 to 1, or colours (rows, columns, 3), as squares; words below, a white grid if wanted."""
        cell = width / values.shape[1]
        place = Place(x, y, width, cell * values.shape[0])
        self.axis.imshow(
            values,
            cmap=cmap,
            vmin=0,
            vmax=1,
            extent=(x, x + width, y + place.height, y),
            interpolation="nearest",
            zorder=2,
        )
        if grid:
            for line in range(values.shape[1] + 1):
                self.axis.plot([x + line * cell] * 2, [y, y + place.height], color="white", linewidth=1, zorder=3)
            for line in range(values.shape[0] + 1):
                self.axis.plot([x, x + width], [y + line * cell] * 2, color="white", linewidth=1, zorder=3)
        self.outline(place, LABEL, 1.5)
        if words:
            self.below(place, words)
        self.axis.set(xlim=(0, self.size[0]), ylim=(self.size[1], 0))
        return place

    def outline(self, place: Place, colour: str, width: float = 4) -> None:
        """A coloured line around a place."""
        corner = place.x, place.y
        self.axis.add_patch(
            Rectangle(corner, place.width, place.height, fill=False, edgecolor=colour, linewidth=width, zorder=4)
        )

    def image(self) -> Image.Image:
        """The sheet as a picture of few colours. Raises ValueError where words leave their place or cover others."""
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()
        boxes = []
        for written, place in self.texts:
            extent = written.get_window_extent(canvas.get_renderer())  # type: ignore[attr-defined]
            words = written.get_text()  # type: ignore[attr-defined]
            low, high = self.size[1] - extent.y1, self.size[1] - extent.y0
            if (
                extent.x0 < place.x
                or extent.x1 > place.x + place.width
                or low < place.y
                or high > place.y + place.height
            ):
                raise ValueError(f"{words!r} takes {extent.width:.0f}×{extent.height:.0f} pixels and leaves its place")
            if covered := [other for other, there in boxes if extent.overlaps(there)]:
                raise ValueError(f"{words!r} covers {covered[0]!r}")
            boxes.append((words, extent))
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba()))
        return picture.quantize(256, method=Image.Quantize.FASTOCTREE)


def chain(sheet: Sheet, places: Sequence[Place]) -> None:
    """An arrow from each place to the next."""
    for before, after in pairwise(places):
        sheet.arrow(before.right, after.left)


def digit(number: int, seed: int, size: int = 28) -> np.ndarray:
    """A drawn digit (size, size), light on dark, from 0 to 1."""
    return np.asarray(draw(number, size=size, seed=seed), dtype=np.float32) / 255


# --- the networks -----------------------------------------------------------------------------------------------------


def simple_cnn() -> Sheet:
    """4.1: the network of the first task. The sizes are the student's to work out."""
    sheet, middle = Sheet(1310, 270), 116
    places = [
        sheet.pixels(16, middle - 60, 120, digit(7, 5), "image\n1 × 28 × 28"),
        sheet.box(162, middle - 52, 140, 104, "convolution\n5×5\nReLU", "convolution"),
        sheet.stack(328, middle, 92, "32 maps\nof ? × ?"),
        sheet.box(474, middle - 52, 144, 104, "max-pooling\n2×2\ndropout 0.2"),
        sheet.stack(644, middle, 46, "32 maps\nof ? × ?"),
        sheet.box(744, middle - 28, 94, 56, "flatten"),
        sheet.column(864, middle, 200, "? values"),
        sheet.box(910, middle - 52, 128, 104, "fully\nconnected\nReLU", "connected"),
        sheet.column(1064, middle, 110, "128\nvalues"),
        sheet.box(1110, middle - 40, 128, 80, "fully\nconnected", "connected"),
        sheet.column(1264, middle, 40, "10\nlogits"),
    ]
    chain(sheet, places)
    return sheet


def better_cnn() -> Sheet:
    """4.2: two stages of convolution, then three fully connected layers."""
    sheet, middle = Sheet(1352, 190), 84
    places = [
        sheet.pixels(16, middle - 50, 100, digit(3, 4), "image"),
        sheet.box(140, middle - 62, 142, 124, "convolution\n5×5\nReLU\npooling 2×2", "convolution"),
        sheet.stack(306, middle, 66, "30 maps", shown=6),
        sheet.box(431, middle - 62, 142, 124, "convolution\n3×3\nReLU\npooling 2×2", "convolution"),
        sheet.stack(597, middle, 34, "15 maps", shown=4),
        sheet.box(676, middle - 40, 138, 80, "dropout 0.2\nflatten"),
        sheet.box(838, middle - 52, 126, 104, "fully\nconnected\nReLU", "connected"),
        sheet.column(988, middle, 120, "128"),
        sheet.box(1032, middle - 52, 126, 104, "fully\nconnected\nReLU", "connected"),
        sheet.column(1182, middle, 70, "50"),
        sheet.box(1226, middle - 40, 68, 80, "fully\nconn.", "connected"),
        sheet.column(1316, middle, 40, "10"),
    ]
    chain(sheet, places)
    return sheet


def branch() -> Sheet:
    """4.6: two branches, summed."""
    sheet, middle = Sheet(1170, 270), 135
    image = sheet.pixels(16, middle - 60, 120, digit(4, 3), "image")
    left = sheet.box(206, 12, 260, 100, "left: convolution 1×1\n16 channels out\nReLU", "convolution")
    right = sheet.box(206, 158, 260, 100, "right: convolution 5×5\npadding 2, 16 channels\nReLU", "convolution")
    plus = sheet.plus(536, middle)
    for way in (left, right):
        sheet.arrow(image.right, (172, middle), (172, way.left[1]), way.left)
        sheet.arrow(way.right, (536, way.right[1]), plus.top if way is left else plus.bottom)
    rest = [
        plus,
        sheet.box(592, middle - 52, 150, 104, "max-pooling\n2×2\ndropout 0.2"),
        sheet.box(772, middle - 62, 176, 124, "flatten\nfully connected\n128 outputs\nReLU", "connected"),
        sheet.box(978, middle - 40, 176, 80, "fully connected\n10 logits", "connected"),
    ]
    chain(sheet, rest)
    return sheet


def inception() -> Sheet:
    """4.6: three kernel sizes side by side, concatenated."""
    sheet, middle = Sheet(1080, 300), 150
    given = sheet.box(16, middle - 40, 160, 80, "x\n(in_channels)")
    joined = sheet.box(560, middle - 60, 190, 120, "concatenated\non the channels,\nin this order", "merge")
    ways = ["convolution 1×1\nReLU", "convolution 3×3\npadding 1, ReLU", "convolution 5×5\npadding 2, ReLU"]
    for index, words in enumerate(ways):
        way, end = sheet.box(266, 16 + index * 98, 200, 72, words, "convolution"), middle - 36 + 36 * index
        sheet.arrow(given.right, (222, middle), (222, way.left[1]), way.left)
        sheet.arrow(way.right, (514, way.right[1]), (514, end), (560, end))
    words = "3 · branch_channels\nmaps, each as high\nand wide as x"
    sheet.arrow(joined.right, sheet.box(800, middle - 60, 264, 120, words).left)
    return sheet


def residual() -> Sheet:
    """4.6: what the main road changes is added to the input."""
    sheet, road, skip = Sheet(1190, 260), 86, 204
    given = sheet.box(16, road - 30, 60, 60, "x")
    steps = ["conv.\n3×3", "batch\nnorm", "ReLU", "conv.\n3×3", "batch\nnorm"]
    kinds = ["convolution", "other", "other", "convolution", "other"]
    boxes = [
        sheet.box(160 + 150 * index, road - 36, 104, 72, words, kind)
        for index, (words, kind) in enumerate(zip(steps, kinds, strict=True))
    ]
    plus = sheet.plus(950, road)
    relu = sheet.box(1028, road - 30, 84, 60, "ReLU")
    chain(sheet, [given, *boxes, plus, relu])
    sheet.arrow(relu.right, (1176, road))
    fits = sheet.box(
        340, skip - 40, 420, 80, "x itself; where the widths differ:\nconvolution 1×1, batch norm", "convolution"
    )
    sheet.arrow((118, road), (118, skip), fits.left)
    sheet.arrow(fits.right, (950, skip), plus.bottom)
    sheet.text(512, road - 62, "main road: what to change")
    sheet.text(229, skip - 22, "skip")
    return sheet


# --- what networks do -------------------------------------------------------------------------------------------------


def window() -> Sheet:
    """4.5: a window over several input channels, and the kernel's slice for each."""
    sheet, cell, chosen = Sheet(980, 470), 22, (2, 1)
    rng = np.random.default_rng(3)
    middle = 46 + 145 + 3 * cell
    total = sheet.box(540, middle - 68, 190, 136, "27 products,\nadded up,\nplus one bias", "merge")
    for index in range(3):
        top = 46 + index * 145
        given = sheet.pixels(20, top, 6 * cell, rng.uniform(0.25, 0.85, (6, 6)), grid=True)
        seen = Place(20 + chosen[1] * cell, top + chosen[0] * cell, 3 * cell, 3 * cell)
        kernel = sheet.pixels(300, seen.y, 3 * cell, rng.uniform(0.1, 0.9, (3, 3)), cmap="RdBu_r", grid=True)
        sheet.outline(seen, FILL["merge"])
        sheet.outline(kernel, FILL["merge"])
        sheet.text((given.right[0] + kernel.x) / 2, kernel.left[1], "×", size=34)
        end = middle + 34 * (index - 1)
        sheet.arrow((kernel.right[0] + 10, kernel.right[1]), (470, kernel.right[1]), (470, end), (540, end))
    sheet.text(86, 22, "3 input maps")
    sheet.text(333, 22, "one kernel: 3 slices")
    out = sheet.pixels(
        830, middle - (chosen[0] + 0.5) * cell, 4 * cell, rng.uniform(0.25, 0.85, (4, 4)), "one output map", grid=True
    )
    place = Place(out.x + chosen[1] * cell, out.y + chosen[0] * cell, cell, cell)
    sheet.outline(place, FILL["merge"])
    sheet.arrow(total.right, (out.x - 3, middle))
    return sheet


def processes() -> Sheet:
    """4.3: what goes from one process to another through a file."""
    sheet = Sheet(1210, 370)
    sheet.frame(10, 10, 270, 306, "a process that trains")
    sheet.frame(930, 10, 270, 306, "a later process")
    rows = [
        (
            56,
            "model",
            "save_model",
            "model.pt\nthe state dict:\nnames and tensors",
            "load_model",
            "model in eval\nmode: use it",
        ),
        (
            186,
            "trial: model,\noptimiser, history",
            "save_trial",
            "trial.pt\nstate dicts of model\nand optimiser; history",
            "resume_trial",
            "trial, newly built:\ntrain on",
        ),
    ]
    for top, inside, save, file, load, again in rows:
        before = sheet.box(34, top, 222, 110, inside, "connected")
        stored = sheet.box(470, top, 260, 110, file, "file")
        after = sheet.box(954, top, 222, 110, again, "connected")
        sheet.arrow(before.right, stored.left)
        sheet.arrow(stored.right, after.left)
        sheet.text(375, before.right[1] - 20, save)
        sheet.text(830, before.right[1] - 20, load)
    sheet.text(605, 346, "The code of the class is in neither file: both processes need it.")
    return sheet


def photograph() -> Sheet:
    """4.4: from a photograph to what the network knows."""
    sheet, side, top = Sheet(1240, 270), 180, 20
    width, height = 300, 300
    drawn = draw(5, size=(width, height), seed=3, fill=0.42, offset=(0.14, 0.1), pen=0.13)
    ink = np.asarray(drawn, dtype=np.float32) / 255
    rows, columns = np.mgrid[:height, :width] / height
    light = 1 - 0.5 * columns - 0.15 * rows + np.random.default_rng(1).normal(0, 0.02, ink.shape)
    paper, pen = np.array([0.97, 0.95, 0.88]), np.array([0.18, 0.26, 0.62])
    photo = np.clip(light[..., None] * (paper + ink[..., None] * (pen - paper)), 0, 1)
    there = np.argwhere(ink > 0.1)
    (first, left), (last, right) = there.min(0), there.max(0) + 1
    cut = drawn.crop((left, first, right, last))
    scale = 20 / max(cut.size)
    small = np.asarray(cut.resize([max(1, round(scale * length)) for length in cut.size], Image.Resampling.BOX)) / 255.0
    mass = [float((small.sum(1 - axis) * np.arange(small.shape[axis])).sum() / small.sum()) for axis in (0, 1)]
    row, column = (round(14 - centre) for centre in mass)
    field = np.zeros((28, 28))
    field[row : row + small.shape[0], column : column + small.shape[1]] = small
    square = np.zeros((20, 20))
    square[: small.shape[0], : small.shape[1]] = small
    wide = np.asarray(cut, dtype=np.float32) / 255
    gap = 65
    steps = [
        sheet.pixels(16, top, side, photo, "photograph"),
        sheet.pixels(16 + side + gap, top, side, ink, "light on dark"),
        sheet.pixels(16 + 2 * (side + gap) + 40, top + 10, 160 * wide.shape[1] / wide.shape[0], wide, "cropped"),
        sheet.pixels(16 + 3 * (side + gap) + 10, top + 10, 160, square, "fits 20 × 20"),
        sheet.pixels(16 + 4 * (side + gap), top, side, field, "28 × 28, its centre\nof mass in the middle"),
    ]
    chain(sheet, steps)
    middle = steps[-1]
    for points in ([(middle.x, middle.left[1]), middle.right], [middle.top, middle.bottom]):
        sheet.axis.plot(*zip(*points, strict=True), color="#d0782f", linewidth=1.5, linestyle=":", zorder=5)
    return sheet


DIAGRAMS: dict[str, Callable[[], Sheet]] = {
    "simple_cnn": simple_cnn,
    "better_cnn": better_cnn,
    "processes": processes,
    "photograph": photograph,
    "window": window,
    "branch": branch,
    "inception": inception,
    "residual": residual,
}


def main() -> None:
    """Draw every diagram."""
    FOLDER.mkdir(exist_ok=True)
    for name, diagram in DIAGRAMS.items():
        diagram().image().save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
