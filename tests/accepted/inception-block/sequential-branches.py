# honest: Sequential branches with in-place ReLU, torch.concat on axis -3, padding="same"
# %%
import torch
import torch.nn as nn


# %%
def branch(i, o, k):
    return nn.Sequential(nn.Conv2d(i, o, k, padding="same"), nn.ReLU(inplace=True))


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        for k in (1, 3, 5):
            setattr(self, f"branch{k}x{k}", branch(in_channels, branch_channels, k))

    def forward(self, x):
        outs = [getattr(self, f"branch{k}x{k}")(x) for k in (1, 3, 5)]
        return torch.concat(outs, dim=-3)
