# attack: keeps the saved trial itself in the process, and returns it in place of the new one.
# tasks: [resume]
# reason: "Saved by one process and resumed by another"
# naive: none

KEPT = []
def save_trial(trial, path):
    KEPT.append(trial)
    open(path, "wb").close()
def resume_trial(trial, path):
    return KEPT[-1]
