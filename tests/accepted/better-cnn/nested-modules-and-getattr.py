# honest: layers under numbered names by add_module and getattr, forward as a generator of stages
# %%
import torch
from torch import nn

# %%
SHAPES = ((1, 30, 5), (30, 15, 3))
DENSE = ((375, 128), (128, 50), (50, 10))


class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        for i, shape in enumerate(SHAPES):
            self.add_module(f"conv_{i}", nn.Conv2d(*shape))
        for i, shape in enumerate(DENSE):
            self.register_module(f"dense_{i}", nn.Linear(*shape))

    def stages(self):
        for i in range(len(SHAPES)):
            yield getattr(self, f"conv_{i}")
            yield torch.relu
            yield lambda x: nn.functional.max_pool2d(x, 2)
        yield lambda x: nn.functional.dropout(x, 0.2, training=self.training)
        yield lambda x: x.flatten(start_dim=1)
        for i in range(len(DENSE) - 1):
            yield getattr(self, f"dense_{i}")
            yield torch.relu
        yield getattr(self, f"dense_{len(DENSE) - 1}")

    def forward(self, x):
        for stage in self.stages():
            x = stage(x)
        return x
