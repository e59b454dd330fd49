# honest: magics, a call of get_ipython and display() in the cells, also in those with imports and with the class
# %%
# %matplotlib inline
import torch
from torch import nn
import torch.nn.functional as F
from IPython.display import display
from IPython import get_ipython

if get_ipython() is not None:
    get_ipython().run_line_magic("load_ext", "autoreload")


# %%
# %%time
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(32 * 12 * 12, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.dropout(x, 0.2, self.training)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


display(SimpleCNN())

# %%
# !nvidia-smi
if __name__ == "__main__":
    print(SimpleCNN()(torch.rand(2, 1, 28, 28)).shape)
