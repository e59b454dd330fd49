# honest: the standard library's pickle with text keys; also keeps the random state, without putting it back
# %%
import pickle
from pathlib import Path

import torch


# %%
def save_trial(trial, path):
    state = {key.key if hasattr(key, "key") else key: value for key, value in trial.state_dict().items()}
    state["random"] = torch.get_rng_state()
    Path(path).write_bytes(pickle.dumps(state))


def resume_trial(trial, path):
    state = pickle.loads(Path(path).read_bytes())
    state.pop("random")
    trial.load_state_dict(state)
    return trial
