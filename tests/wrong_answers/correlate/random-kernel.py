# loses: stroke
# says: The answer to each horizontal stroke should be at least 5% larger than that to any other image.
# never: This kernel finds
# never: No weight is negative
# %%
import torch


# %%
def correlate(image, kernel):
    h, w = kernel.shape
    return (image.unfold(0, h, 1).unfold(1, w, 1) * kernel).sum((2, 3))


def stroke_kernel():
    return torch.randn(5, 5, generator=torch.Generator().manual_seed(1))
