# honest: the plain way: text keys, weights_only=True
# %%
import torch
from torchbearer import Trial


# %%
def save_trial(trial: Trial, path) -> None:
    torch.save({str(k): v for k, v in trial.state_dict().items()}, path)


def resume_trial(trial: Trial, path) -> Trial:
    return trial.load_state_dict(torch.load(path, weights_only=True))
