# honest: open files, map_location, a loop for the keys, history copied in place
# %%
import torch
import torchbearer

KEYS = [torchbearer.MODEL, torchbearer.OPTIMIZER, torchbearer.HISTORY]


# %%
def save_trial(trial, path):
    whole = trial.state_dict()
    part = {}
    for key in KEYS:
        part[str(key)] = whole[key]
    with open(path, "wb") as file:
        torch.save(part, file)


def resume_trial(trial, path):
    with open(path, "rb") as file:
        part = torch.load(file, map_location="cpu", weights_only=True)
    trial.load_state_dict(part, resume=True)
    trial.to(trial.state[torchbearer.DEVICE])
    return trial
