# honest: has the class of 4.2 once more in this notebook, instead of borrowing it
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 30, 5)
        self.conv2 = nn.Conv2d(30, 15, 3)
        self.fc1 = nn.Linear(375, 128)
        self.fc2 = nn.Linear(128, 50)
        self.fc3 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.dropout(x, 0.2, self.training).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


# %%
def save_model(model, path):
    torch.save(model.state_dict(), path)


def load_model(path):
    model = BetterCNN()
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state)
    return model.eval()
