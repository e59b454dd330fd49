# honest: constants come from a try/except import and an if, a seed is set, and the notebook trains in its cells
# %%
import torch
from torch import nn

try:
    from torch.nn import functional as F
except ImportError:
    import torch.nn.functional as F

torch.manual_seed(42)
if torch.cuda.is_available():
    DEVICE = "cuda"
else:
    DEVICE = "cpu"
POOL, DROP = 2, 0.2


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 30, 5)
        self.conv2 = nn.Conv2d(30, 15, 3)
        self.linears = nn.Sequential(nn.Linear(375, 128), nn.ReLU(), nn.Linear(128, 50), nn.ReLU(), nn.Linear(50, 10))

    def forward(self, x):
        for conv in [self.conv1, self.conv2]:
            x = F.max_pool2d(F.relu(conv(x)), POOL)
        x = F.dropout(x, DROP, training=self.training)
        return self.linears(torch.flatten(x, 1))


# %%
model = BetterCNN().to(DEVICE)
optimizer = torch.optim.Adam(model.parameters())
for _ in range(3):
    loss = model(torch.rand(8, 1, 28, 28, device=DEVICE)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
