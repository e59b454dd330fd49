# honest: SciPy on arrays and back; a smooth kernel, as a second derivative makes it
# %%
import numpy as np
import torch
from scipy.signal import correlate2d


# %%
def correlate(image, kernel):
    return torch.from_numpy(correlate2d(image.numpy().astype(float), kernel.numpy(), mode="valid").astype("float32"))


def stroke_kernel():
    y, x = np.mgrid[-2:3, -2:3]
    return torch.as_tensor((1 - y**2) * np.exp(-(y**2) / 2 - x**2 / 8))
