# honest: keeps model, optimiser and history under names of its own, and puts them back one by one
# %%
from pathlib import Path
import torch
import torchbearer
from torchbearer import Trial


# %%
def save_trial(trial: Trial, path: str | Path) -> None:
    state = trial.state
    torch.save(
        {
            "net": state[torchbearer.MODEL].state_dict(),
            "adam": state[torchbearer.OPTIMIZER].state_dict(),
            "epochs": [dict(epoch) for epoch in state[torchbearer.HISTORY]],
        },
        path,
    )


def resume_trial(trial: Trial, path: str | Path) -> Trial:
    saved = torch.load(path, map_location=trial.state[torchbearer.DEVICE], weights_only=True)
    trial.state[torchbearer.MODEL].load_state_dict(saved["net"])
    trial.state[torchbearer.OPTIMIZER].load_state_dict(saved["adam"])
    trial.state[torchbearer.HISTORY] = saved["epochs"]
    return trial
