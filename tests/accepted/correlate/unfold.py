# honest: windows by unfold, one product of matrices; a Prewitt kernel, which finds the upper edge of a stroke
# %%
import torch
import torch.nn.functional as F


# %%
def correlate(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    rows = image.shape[0] - kernel.shape[0] + 1
    windows = F.unfold(image[None, None], tuple(kernel.shape))
    return (kernel.reshape(1, -1) @ windows[0]).view(rows, -1)


def stroke_kernel() -> torch.Tensor:
    kernel = torch.zeros(5, 5)
    kernel[1, 1:4] = -1
    kernel[3, 1:4] = 1
    return kernel
