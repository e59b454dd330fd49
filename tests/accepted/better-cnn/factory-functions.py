# honest: functions return the parts; comments in French; nn.ReLU made anew in forward; prints the number of weights
# %%
import torch
from torch import nn


# %%
def étage(entrée, sortie, noyau):
    # convolution, ReLU, max-pooling
    return nn.Sequential(nn.Conv2d(entrée, sortie, noyau), nn.ReLU(), nn.MaxPool2d(2))


# %%
def tête(*largeurs):
    # couches entièrement connectées ; pas de ReLU après la dernière
    for avant, après in zip(largeurs, largeurs[1:]):
        yield nn.Linear(avant, après)


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.Sequential(étage(1, 30, 5), étage(30, 15, 3))
        self.oubli = nn.Dropout(0.2)
        self.tête = nn.ModuleList(tête(375, 128, 50, 10))
        print(f"{sum(p.numel() for p in self.parameters()):,} paramètres")

    def forward(self, x):
        x = self.oubli(self.convolutions(x)).flatten(1)
        for couche in self.tête[:-1]:
            x = nn.ReLU()(couche(x))
        return self.tête[-1](x)
