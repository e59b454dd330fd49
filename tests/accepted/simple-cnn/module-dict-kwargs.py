# honest: ModuleDict, **kwargs with defaults, helper function and constants in other cells
# %%
import torch, torch.nn as nn, torch.nn.functional as F

# %%
KERNEL = 5
IMAGE = 28
POOLED = (IMAGE - KERNEL + 1) // 2
settings = {"filters": 32}
settings["hidden"] = 128
settings.update(rate=0.2)


# %%
def flat_size(filters, side=POOLED):
    return filters * side * side


# %%
class SimpleCNN(nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        options = {**settings, **kwargs}
        self.layers = nn.ModuleDict(
            {
                "conv": nn.Conv2d(1, options["filters"], KERNEL),
                "fc 1": nn.Linear(flat_size(options["filters"]), options["hidden"]),
                "fc 2": nn.Linear(options["hidden"], 10),
            }
        )
        self.rate = options["rate"]

    def forward(self, x):
        x = F.relu(self.layers["conv"](x), inplace=True)
        x = F.max_pool2d(x, 2)
        if self.training:
            x = F.dropout(x, self.rate)
        x = x.reshape(len(x), -1)
        x = F.relu(self.layers["fc 1"](x))
        return self.layers["fc 2"](x)
