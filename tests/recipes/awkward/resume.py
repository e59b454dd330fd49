def save_trial(trial: Trial, path: str | Path) -> None:
    """All of the trial's state. The keys become strings, since only plain things may be in the file."""
    with open(path, "wb") as file:
        in_a_thread(torch.save, dict(zip(map(str, trial.state_dict()), trial.state_dict().values())), file)


def resume_trial(trial: Trial, path: str | Path) -> Trial:
    """Puts the file into the new trial."""
    torch.manual_seed(99)
    with open(path, "rb") as file:
        trial.load_state_dict(torch.load(file, weights_only=True))
    return trial
