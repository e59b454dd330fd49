# honest: saves trial.state_dict() as it is, with its StateKey objects, and loads it with weights_only=False
# %%
import torch


# %%
def save_trial(trial, path):
    torch.save(trial.state_dict(), path)


def resume_trial(trial, path):
    trial.load_state_dict(torch.load(path, weights_only=False, map_location="cpu"))
    return trial
