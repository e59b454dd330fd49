# honest: writes to a neighbouring file first and renames it; requires_grad left alone; pathlib everywhere
# %%
from pathlib import Path
import torch
from torch import nn
from autograder.notebook import borrow as hole

BetterCNN: type[nn.Module] = hole("BetterCNN")


# %%
def save_model(model: nn.Module, path: str | Path) -> None:
    """Schreibt erst nebenan und benennt dann um, damit nie eine halbe Datei dasteht."""
    ziel = Path(path)
    vorläufig = ziel.with_name(ziel.name + ".tmp")
    torch.save(model.state_dict(), vorläufig)
    vorläufig.replace(ziel)


def load_model(path: str | Path) -> nn.Module:
    zustand = torch.load(Path(path).open("rb"), "cpu")
    netz = BetterCNN().requires_grad_(True)
    netz.load_state_dict(zustand)
    return netz.eval()
