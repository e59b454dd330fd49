"""Pictures for the notebooks: how a convolution computes, a digit's way through a network, what it reads wrong.

Students have this file too. It works on any network, on the CPU or a GPU, and solves no task of the lab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # importing torch takes seconds; importing this module shall not
    from matplotlib.figure import Figure
    from torch import Tensor, nn

STEPS = {
    "conv2d": "convolution",
    "relu": "ReLU",
    "relu_": "ReLU",
    "max_pool2d": "max-pooling",
    "avg_pool2d": "mean-pooling",
    "adaptive_avg_pool2d": "mean-pooling",
    "batch_norm": "batch norm",
}
SHOWN_MAPS = 16
COLUMNS = 4


def one_window(image: Tensor, kernel: Tensor, row: int, column: int) -> Figure:
    """How one number of a convolution's result comes about, from an image (H, W) and a kernel (h, w).

    The window whose upper left corner is at `row` and `column` is framed, and so is its place in the result.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle
    from torch.nn import functional as F

    tall, wide = kernel.shape
    result = F.conv2d(image[None, None], kernel[None, None])[0, 0]
    framed = image[row:, column:][:tall, :wide].flatten().tolist()
    products = [f"{pixel:g}·({weight:g})" for pixel, weight in zip(framed, kernel.flatten().tolist(), strict=True)]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    widths = [values.shape[1] for values in (image, kernel, result)]
    axes = figure.subplots(1, 3, width_ratios=widths, gridspec_kw={"wspace": 0.08})
    for axis, name, values in zip(axes, ("image", "kernel", "result"), (image, kernel, result), strict=True):
        most = 1.8 * max(1.0, float(values.abs().max()))  # pale enough for black numbers
        axis.imshow(values.numpy(), cmap="RdBu_r", vmin=-most, vmax=most)
        for (down, right), value in zip(_places(values), values.flatten().tolist(), strict=True):
            axis.text(right, down, f"{value:g}", ha="center", va="center", fontsize=9)
        axis.set(title=f"{name}, {values.shape[0]}×{values.shape[1]}", xticks=[], yticks=[])
    for axis, sides in ((axes[0], (wide, tall)), (axes[2], (1, 1))):
        axis.add_patch(Rectangle((column - 0.5, row - 0.5), *sides, fill=False, edgecolor="black", linewidth=2.5))
    figure.supxlabel(f"{' + '.join(products)} = {float(result[row, column]):g}", fontsize=9)
    return figure


def over_channels(image: Tensor, kernel: Tensor) -> Figure:
    """How a convolution adds up the channels of an image (C, H, W), with one slice of a kernel (C, h, w) for each.

    An image of three channels is shown in colours, too.
    """
    from matplotlib.figure import Figure
    from torch.nn import functional as F

    channels = len(image)
    results = F.conv2d(image[None], kernel[:, None], groups=channels)[0]
    total = results.sum(0)
    most, heaviest = float(max(results.abs().max(), total.abs().max())), float(kernel.abs().max())
    figure = Figure(figsize=(10, 1.4 * channels), layout="constrained")
    grid = figure.add_gridspec(channels, 5, width_ratios=[1.2, 1, 0.5, 1, 1.4])
    if channels == 3:
        axis = figure.add_subplot(grid[:, 0])
        axis.imshow(image.permute(1, 2, 0).numpy())
        axis.set_title("the image", fontsize=10)
    for number in range(channels):
        name = ("red", "green", "blue")[number] if channels == 3 else str(number)
        for column, values, title in (
            (1, image[number], f"channel: {name}"),
            (2, kernel[number], "× slice"),
            (3, results[number], f"= result of {name}"),
        ):
            axis = figure.add_subplot(grid[number, column])
            if column == 1:
                axis.imshow(values.numpy(), cmap="gray", vmin=0, vmax=1)
            else:
                limit = 1.8 * heaviest if column == 2 else most  # pale enough for black numbers
                axis.imshow(values.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
            if column == 2:
                for (down, right), value in zip(_places(values), values.flatten().tolist(), strict=True):
                    axis.text(right, down, f"{value:g}", ha="center", va="center", fontsize=7)
            axis.set_title(title, fontsize=9)
    axis = figure.add_subplot(grid[:, 4])
    axis.imshow(total.numpy(), cmap="RdBu_r", vmin=-most, vmax=most)
    axis.set_title(f"the sum of the {channels} results:\none feature map", fontsize=10)
    for axis in figure.axes:
        axis.set(xticks=[], yticks=[])
    return figure


def way_through(model: nn.Module, image: Tensor) -> Figure:
    """What becomes of one image (1, 28, 28) on its way through `model`, from step to step to the ten answers.

    Feature maps stand side by side in one picture, at most 16 of them, each step in greys of its own: black is its
    least value, white its greatest. The model is left as it was.
    """
    import torch
    from matplotlib.figure import Figure

    steps = [("the image", image[None].detach().cpu())]
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad(), _recorder(steps):
            logits = model(image[None].to(device)).detach().cpu()[0]
    finally:
        for module, training in modes.items():
            module.training = training
    steps = [step for step in steps if step[1].dim() == 4][:11]
    rows = -(-(len(steps) + 1) // COLUMNS)
    figure = Figure(figsize=(2.5 * COLUMNS, 2.75 * rows), layout="constrained")
    axes = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axis in axes:
        axis.axis("off")
    for axis, (name, values) in zip(axes, steps, strict=False):
        axis.imshow(_mosaic(values[0]).numpy(), cmap="gray", interpolation="nearest")
        channels, height, width = values.shape[1:]
        shown = f", {SHOWN_MAPS} shown" if channels > SHOWN_MAPS else ""
        axis.set_title(f"{name}\n{channels} of {height}×{width}{shown}", fontsize=9)
    bars = axes[len(steps)]
    bars.axis("on")
    colours = ["tab:blue" if digit == int(logits.argmax()) else "lightgray" for digit in range(len(logits))]
    bars.barh(range(len(logits)), logits.softmax(0).tolist(), color=colours)
    bars.set_yticks(range(len(logits)))
    bars.invert_yaxis()
    bars.set_xlim(0, 1)
    bars.tick_params(labelsize=8)
    bars.set_title(f"the answer: {int(logits.argmax())}\nprobability of each digit", fontsize=9)
    return figure


def confusion_matrix(labels: Tensor, predicted: Tensor) -> Figure:
    """How often each true digit (row) was read as each digit (column): `labels` and `predicted` are (N,), 0 to 9.

    The shade is the number of *mistakes*: the many right answers do not outshine them.
    """
    import torch
    from matplotlib.figure import Figure

    counts = torch.zeros(10, 10, dtype=torch.long)
    ones = torch.ones(len(labels), dtype=torch.long)
    counts.index_put_((labels.cpu().long(), predicted.cpu().long()), ones, accumulate=True)
    mistakes = counts.clone().fill_diagonal_(0)
    figure = Figure(figsize=(5.4, 5), layout="constrained")
    axis = figure.subplots()
    most = max(1, int(mistakes.max()))
    axis.imshow(mistakes.numpy(), cmap="Reds", vmin=0, vmax=1.5 * most)  # pale enough for black numbers
    for true in range(10):
        for read in range(10):
            count = int(counts[true, read])
            style: dict[str, Any] = {"weight": "bold", "color": "tab:green"} if true == read else {"color": "black"}
            axis.text(read, true, str(count) if count else "·", ha="center", va="center", fontsize=8, **style)
    axis.set(xlabel="read as", ylabel="the true digit", xticks=range(10), yticks=range(10))
    axis.set_title(f"{int(mistakes.sum())} mistakes in {len(labels)} images", fontsize=10)
    return figure


def worst_mistakes(logits: Tensor, images: Tensor, labels: Tensor, count: int = 16) -> Figure:
    """The wrong ones of `images` (N, 1, 28, 28) whose true digit got the least probability, the worst first.

    `logits` (N, 10) are what a network answered, `labels` (N,) the true digits.
    """
    import torch
    from matplotlib.figure import Figure

    probabilities = logits.detach().cpu().softmax(1)
    labels = labels.cpu()
    predicted = probabilities.argmax(1)
    true = probabilities[torch.arange(len(labels)), labels]
    worst = [index for index in true.argsort().tolist() if predicted[index] != labels[index]][:count]
    columns = max(1, count // 2)
    rows = 1 if len(worst) <= columns else 2
    figure = Figure(figsize=(1.25 * columns, 1.7 * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.axis("off")
    for axis, index in zip(axes, worst, strict=False):
        axis.imshow(images[index, 0].cpu().numpy(), cmap="gray")
        sure = float(probabilities[index].max())
        axis.set_title(f"{labels[index]} read as {predicted[index]}\n({sure:.0%} sure)", fontsize=8)
    return figure


def _places(values: Tensor) -> list[tuple[int, int]]:
    """Row and column of each number of a table (H, W), row by row."""
    return [(row, column) for row in range(values.shape[0]) for column in range(values.shape[1])]


def _mosaic(maps: Tensor) -> Tensor:
    """Maps (C, H, W) as one picture, four in a row with white lines between them, each from 0 to 1."""
    import torch
    from torch.nn import functional as F

    low, high = maps.min(), maps.max()
    maps = (maps[:SHOWN_MAPS] - low) / (high - low).clamp(min=1e-12)
    columns = 1 if len(maps) == 1 else min(len(maps), 4)
    lines = max(1, round(maps.shape[-1] / 12)) if len(maps) > 1 else 0
    maps = F.pad(maps, (lines, lines, lines, lines), value=1.0)
    missing = -len(maps) % columns
    maps = torch.cat([maps, torch.ones(missing, *maps.shape[1:])])
    return torch.cat([torch.cat(list(row), dim=1) for row in maps.split(columns)], dim=0)


def _recorder(steps: list[tuple[str, Tensor]]) -> Any:
    """A context that adds to `steps` what each layer and function of a network puts out, however it is written."""
    from torch.overrides import TorchFunctionMode

    class Recorder(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            answer = function(*args, **(kwargs or {}))
            name = STEPS.get(getattr(function, "__name__", "").removeprefix("_").removesuffix("_with_indices"))
            if name and getattr(answer, "dim", None) and answer.dim() == 4:
                steps.append((name, answer.detach().cpu()))
            return answer

    return Recorder()
