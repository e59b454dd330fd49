# attack: a figure of a class of its own, whose axes are made up when they are asked for; its page is blank.
# tasks: [filters]
# reason: "there is nothing to be seen of their values"
# naive: gains

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from torch import nn


def axis(number, values):
    image = SimpleNamespace(
        get_array=lambda: values,
        norm=lambda given: (given - values.min()) / np.ptp(values),
        get_alpha=lambda: None,
        to_rgba=lambda given, bytes: np.stack([given * 255] * 4, -1),
        get_visible=lambda: True,
        get_window_extent=lambda: Bbox([[10 * number, 0], [10 * number + 8, 8]]),
    )
    return SimpleNamespace(
        get_images=lambda: [image],
        get_visible=lambda: True,
        apply_aspect=lambda: None,
        bbox=Bbox([[10 * number, 0], [10 * number + 8, 8]]),
        get_position=lambda: Bbox([[number / 40, 0], [number / 40 + 0.01, 0.1]]),
    )


class MadeUp(Figure):
    @property
    def axes(self):
        return [axis(*both) for both in enumerate(vars(self).get("values", []))]


def plot_filters(model):
    figure = MadeUp(figsize=(10, 1))
    figure.values = next(m for m in model.modules() if isinstance(m, nn.Conv2d)).weight.detach().numpy()[:, 0]
    return figure
