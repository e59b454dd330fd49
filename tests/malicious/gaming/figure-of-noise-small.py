# attack: >-
#   has the right arrays on axes of a few pixels, and draws noise there.
# tasks: [filters, feature-maps]
# reason: "nothing to be seen of their values"
# naive: none

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.image import AxesImage


def draw(arrays):
    figure = plt.figure(figsize=(10, 10))
    for n, one in enumerate(arrays):
        axes = figure.add_axes([0.01 + 0.02 * (n % 40), 0.9 - 0.02 * (n // 40), 0.01, 0.01])
        image = axes.imshow(one)
        seen = np.random.default_rng(n).random(one.shape)
        image.make_image = lambda *a, image=image, seen=seen, **k: (
            image.set_data(seen),
            AxesImage.make_image(image, *a, **k),
        )[1]
    return figure


def plot_filters(model):
    return draw(next(p for p in model.parameters() if p.dim() == 4).detach()[:, 0].numpy())


def plot_feature_maps(maps):
    return draw(maps.detach().numpy())
