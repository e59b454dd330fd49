# honest: torch.stack(...).sum(0), ModuleDict with Unicode names, dropout after flatten
# %%
import torch
from torch import nn
from torch.nn import functional as F


# %%
class BranchModel(nn.Module):
    def __init__(self):
        super(BranchModel, self).__init__()
        self.ветви = nn.ModuleDict({"левая": nn.Conv2d(1, 16, 1), "правая": nn.Conv2d(1, 16, 5, 1, 2)})
        self.слой = nn.Linear(14 * 14 * 16, 128)
        self.выход = nn.Linear(128, 10)

    def forward(self, x):
        # обе ветви видят одни и те же картинки
        x = torch.stack([F.relu(ветвь(x)) for ветвь in self.ветви.values()]).sum(0)
        x = torch.max_pool2d(x, 2).reshape(x.size(0), -1)
        x = F.dropout(x, 0.2, self.training)
        return self.выход(F.relu(self.слой(x)))
