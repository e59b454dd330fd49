# honest: no slice at all, Python numbers, nested lists that become a tensor; weights as whole numbers
# %%
import torch


# %%
def correlate(image, kernel):
    H, W = image.size()
    h, w = kernel.size()
    out = []
    for r in range(H - h + 1):
        line = []
        for c in range(W - w + 1):
            total = 0.0
            for i in range(h):
                for j in range(w):
                    total += image[r + i][c + j].item() * kernel[i][j].item()
            line.append(total)
        out.append(line)
    return torch.tensor(out)


def stroke_kernel():
    return torch.tensor(
        [
            [-1, -1, -1, -1, -1],
            [0, 0, 0, 0, 0],
            [2, 2, 2, 2, 2],
            [0, 0, 0, 0, 0],
            [-1, -1, -1, -1, -1],
        ]
    )
