# honest: German comments, Unicode identifiers, prints and a warning while it is made and used
# %%
import sys
import warnings

import torch
from torch import nn

print("PyTorch", torch.__version__, "– los geht’s 🎉")
größe = 12 * 12  # Höhe mal Breite nach dem Pooling


# %%
class SimpleCNN(nn.Module):
    """Ein kleines Faltungsnetz für handgeschriebene Ziffern."""

    anzahl = 0

    def __init__(self):
        super().__init__()
        SimpleCNN.anzahl += 1
        # Faltung: 1 Kanal hinein, 32 hinaus
        self.faltung = nn.Conv2d(1, 32, 5)
        self.übergang = nn.Linear(32 * größe, 128)  # vollständig verbunden
        self.ziffern_层 = nn.Linear(128, 10)
        self.wegwerfen = nn.Dropout(0.2)
        warnings.warn("dieses Netz ist noch nicht trainiert", stacklevel=2)
        print("Netz Nummer", self.anzahl, file=sys.stderr)

    def forward(self, bilder):
        μ = self.faltung(bilder).relu()
        μ = nn.functional.max_pool2d(μ, 2)
        print("nach dem Pooling:", tuple(μ.shape))
        μ = self.wegwerfen(μ).flatten(1)
        return self.ziffern_层(self.übergang(μ).relu())
