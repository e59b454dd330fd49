# honest: two ModuleLists filled in loops over lists of sizes that stand in another cell
# %%
import torch
from torch import nn

# %%
channels = [1, 30, 15]
kernels = [5, 3]
widths = [375]
for w in (128, 50, 10):
    widths.append(w)


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList()
        for i, k in enumerate(kernels):
            self.convs.append(nn.Conv2d(channels[i], channels[i + 1], k))
        self.fcs = nn.ModuleList([nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:])])

    def forward(self, x):
        for conv in self.convs:
            x = torch.max_pool2d(torch.relu(conv(x)), 2)
        x = nn.functional.dropout(x, 0.2, self.training)
        x = torch.flatten(x, 1)
        for number, fc in enumerate(self.fcs, start=1):
            x = fc(x)
            if number < len(self.fcs):
                x = torch.relu(x)
        return x
