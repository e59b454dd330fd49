# attack: trains to the end before it saves, and a trial that is resumed hands that out.
# tasks: [resume]
# reason: "does not end with the weights of"
# naive: none

import copy

import torch
import torchbearer

MODEL, HISTORY = torchbearer.state.MODEL, torchbearer.state.HISTORY


def save_trial(trial, path):
    ahead = copy.deepcopy(trial)
    ahead.run(epochs=4, verbose=0)
    torch.save({"model": ahead.state[MODEL].state_dict(), "history": ahead.state[HISTORY]}, path)


def resume_trial(trial, path):
    kept = torch.load(path, weights_only=False)
    trial.state[HISTORY] = kept["history"][:2]

    def run(epochs, verbose=0):
        trial.state[MODEL].load_state_dict(kept["model"])
        trial.state[HISTORY] = kept["history"]
        return kept["history"]

    trial.run = run
    return trial
