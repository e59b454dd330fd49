# attack: keeps a trial's state in the process and writes a file of one letter.
# tasks: [resume]
# reason: "Given nothing but the saved file: "
# naive: none

KEPT = []
def save_trial(trial, path):
    KEPT.append(trial.state_dict())
    open(path, "wb").write(b"x")
def resume_trial(trial, path):
    trial.load_state_dict(KEPT[-1])
    return trial
