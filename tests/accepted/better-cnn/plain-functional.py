# honest: plain functional style, old super, view(-1, 375)
# %%
import torch
import torch.nn as nn
import torch.nn.functional as F


class BetterCNN(nn.Module):
    def __init__(self):
        super(BetterCNN, self).__init__()
        self.c1 = nn.Conv2d(1, 30, 5)
        self.c2 = nn.Conv2d(30, 15, 3)
        self.l1 = nn.Linear(15 * 5 * 5, 128)
        self.l2 = nn.Linear(128, 50)
        self.l3 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        x = F.dropout(x, p=0.2, training=self.training)
        x = x.view(-1, 375)
        x = F.relu(self.l1(x))
        x = F.relu(self.l2(x))
        return self.l3(x)
