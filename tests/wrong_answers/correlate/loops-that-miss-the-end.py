# loses: same-numbers stroke
# says: `correlate` should return a tensor of shape 5 × 4, but returned 4 × 3.
# says: the smallest answer to a horizontal stroke is
# never: Each number is the mean
# never: turned by 180
# never: This kernel finds vertical strokes
# %%
import torch


# %%
def correlate(image, kernel):
    h, w = kernel.shape
    return torch.stack(
        [
            torch.stack([(image[r : r + h, c : c + w] * kernel).mean() for c in range(image.shape[1] - w)])
            for r in range(image.shape[0] - h)
        ]
    )


def stroke_kernel():
    return torch.nn.functional.pad(torch.ones(3, 3), (1, 1, 1, 1), value=-0.5)  # a dot, whichever way the stroke goes
