# attack: a figure whose axes are invisible, far outside of it.
# tasks: [filters]
# reason: "cannot be seen"
# naive: gains

from matplotlib.figure import Figure
def plot_filters(model):
    import torch
    w = next(m for m in model.modules() if isinstance(m, torch.nn.Conv2d)).weight.detach()[:, 0]
    f = Figure()
    for i, x in enumerate(w):
        a = f.add_axes([2 + i, 2, .1, .1]); a.imshow(x); a.set_visible(False)
    return f
