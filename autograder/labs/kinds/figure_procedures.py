"""What a student process does with a figure: finds the images on its axes, and draws it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any
from unittest import mock

import numpy as np

from autograder.labs import forms
from autograder.sandbox.network_handling import numbers

DPI = 70  # of the picture
CELL, PAGE = 3.5, 1_500_000  # pixels that a value should have there, and that the whole picture may have for it
LEAST_PIXELS = 4  # that the side of an image takes up on the figure
FIGURE = forms.either(
    forms.record(forms.told(figure=forms.is_(False), kind=forms.text)),
    forms.record(
        forms.measured(images=forms.each(forms.array), picture=forms.bytes_),
        forms.told(
            figure=forms.is_(True),
            places=forms.each(forms.pair(forms.number, forms.number)),
            boxes=forms.each(forms.each(forms.number, length=4)),
            blank=forms.count,
            others=forms.count,
            covered=forms.count,
            unseen=forms.count,
            besides=forms.text,
        ),
    ),
)


def shown(make: Any, drawn: bool) -> dict[str, Any]:
    """The figure that `make` returns or leaves current: its axes' images in order, their places, and it `drawn`.

    `boxes` are the left, lower, right and upper edge of each image in the picture, in pixels; `others` are axes without
    an image that can be seen; `besides` is what `make` does with the figure besides returning it: "shows" or "saves".
    """
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    pyplot.close("all")
    try:
        with _watched() as besides:
            figure = made = make()
        if isinstance(made, tuple) and made and isinstance(made[0], Figure):
            figure = made[0]  # what `plt.subplots` returns
        if not isinstance(figure, Figure):
            if not pyplot.get_fignums():
                return {"figure": False, "kind": type(made).__name__}
            figure = pyplot.gcf()
        images, places, blank, covered, unseen = [], [], 0, 0, 0
        for number, axes in enumerate(figure.axes):
            covered += max(0, len(axes.get_images()) - 1)
            for image in axes.get_images()[:1]:
                values = np.zeros(0) if image.get_array() is None else numbers(np.ma.filled(image.get_array(), 0))
                blank += _blank(image, values)
                images.append(values)
                unseen += not _seen(image, axes, figure, figure.axes[number + 1 :])
                box = axes.get_position()
                places.append([round(float(box.x0), 3), round(float(box.y0), 3)])
        picture, boxes = io.BytesIO(), []
        if drawn:  # takes longer than all the rest
            with pyplot.rc_context({"savefig.bbox": None}):
                dpi = _fine_enough(figure, images)
                figure.savefig(picture, format="png", dpi=dpi)
            boxes = [_box(axes.get_images()[0], axes, figure, dpi) for axes in figure.axes if axes.get_images()]
        return {
            "figure": True,
            "images": images[:256],
            "places": places[:256],
            "boxes": boxes[:256],
            "blank": blank,
            "others": sum(not axes.get_images() and _shows(axes) for axes in figure.axes),
            "covered": covered,
            "unseen": unseen,
            "besides": " and ".join(besides),
            "picture": np.frombuffer(picture.getvalue(), np.uint8),
        }
    finally:
        pyplot.close("all")


@contextlib.contextmanager
def _watched() -> Iterator[dict[str, None]]:
    """What a function does with a figure besides returning it; it is not done."""
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    found: dict[str, None] = {}
    shows, saves = (lambda *_, what=what, **__: found.setdefault(what) for what in ("shows", "saves"))
    with (
        mock.patch.object(pyplot, "show", shows),
        mock.patch.object(Figure, "show", shows),
        mock.patch.object(Figure, "savefig", saves),
    ):
        yield found


def _shows(axes: Any) -> bool:
    """Whether anything of axes without an image can be seen: a frame, or what is drawn there."""
    return bool(axes.get_visible() and (axes.axison or axes.has_data() or axes.texts))


def _blank(image: Any, values: np.ndarray) -> bool:
    """Whether an image has one colour all over, though its values differ."""
    if values.ndim != 2 or not values.size or not bool((values != values[:1, :1]).any()):
        return False
    return bool(np.ptp(image.to_rgba(values, bytes=True).astype(int), axis=(0, 1)).max() == 0)


def _fine_enough(figure: Any, images: list[np.ndarray]) -> float:
    """The resolution at which each value of the smallest image can be seen, unless the picture gets too large."""
    width, height = figure.get_size_inches()
    drawn = [axes for axes in figure.axes if axes.get_images()]
    sides = [
        side / figure.dpi / count
        for axes, image in zip(drawn, images, strict=True)
        if image.ndim > 1 and image.size
        for side, count in ((axes.bbox.width, image.shape[1]), (axes.bbox.height, image.shape[0]))
    ]
    wanted = CELL / max(min(sides, default=1.0), 1e-3)
    return float(max(DPI, min(wanted, (PAGE / max(width * height, 1e-3)) ** 0.5)))


def _box(image: Any, axes: Any, figure: Any, dpi: float) -> list[float]:
    """Where an image is in the picture; nowhere if it is outside of its axes."""
    from matplotlib.transforms import Bbox

    inside = Bbox.intersection(image.get_window_extent(), axes.bbox)
    return [0.0] * 4 if inside is None else [float(edge) * dpi / figure.dpi for edge in inside.extents]


def _seen(image: Any, axes: Any, figure: Any, later: list[Any]) -> bool:
    """Whether an image can be seen on its figure: in sight, not too small, and not behind the image of later axes."""
    from matplotlib.transforms import Bbox

    transparent = image.get_alpha() is not None and np.max(image.get_alpha()) == 0
    if not axes.get_visible() or not image.get_visible() or transparent:
        return False
    axes.apply_aspect()
    inside = Bbox.intersection(axes.bbox, figure.bbox)
    if inside is None or min(inside.width, inside.height) < LEAST_PIXELS:
        return False
    above = [Bbox.intersection(inside, other.bbox) for other in later if other.get_visible() and other.get_images()]
    return all(box is None or box.width * box.height < inside.width * inside.height / 2 for box in above)
