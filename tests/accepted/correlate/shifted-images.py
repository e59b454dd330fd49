# honest: adds up one shifted image for each weight, in place; a kernel that finds the dark side of a stroke
# %%
import itertools

import torch


# %%
def correlate(image, kernel):
    rows, columns = (a - b + 1 for a, b in zip(image.shape, kernel.shape))
    result = image.new_zeros(rows, columns)
    for i, j in itertools.product(*map(range, kernel.shape)):
        result += kernel[i, j] * image[i : i + rows, j : j + columns]
    return result


def stroke_kernel(thickness=2):
    kernel = -torch.ones(5, 5)
    kernel[:thickness] = 1.5
    return 1000 * kernel
