# attack: keeps the saved trial itself in the process, and returns it in place of the new one.
# tasks: [resume]
# reason: "Given nothing but the saved file: "
# naive: none

KEPT = []
def save_trial(trial, path):
    KEPT.append(trial)
    open(path, "wb").close()
def resume_trial(trial, path):
    return KEPT[-1]
