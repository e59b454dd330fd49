# loses: continues history
# says: Does `save_trial` write that, and does `resume_trial` load it?
# never: Look at what `save_trial` puts into the file
# %%
import torch


def save_trial(trial, path):
    torch.save({"weights": trial.state_dict()["model"] if "model" in trial.state_dict() else weights_of(trial)}, path)


def weights_of(trial):
    return {str(key): value for key, value in trial.state_dict().items()}["model"]


def resume_trial(trial, path):
    state = torch.load(path, map_location="cpu")
    import torchbearer

    trial.state[torchbearer.MODEL].load_state_dict(state["weights"])
    return trial
