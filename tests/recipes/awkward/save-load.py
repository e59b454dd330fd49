import contextlib
import logging
import os
import threading


@contextlib.contextmanager
def working_in(place):
    """Like `cd` in a shell, and back again."""
    before = os.getcwd()
    os.chdir(place)
    try:
        yield Path(before)
    finally:
        os.chdir(before)


def in_a_thread(work, *args):
    """Runs it beside this thread and waits, so that a progress bar could be drawn meanwhile."""
    thread = threading.Thread(target=work, args=args)
    thread.start()
    thread.join()


def save_model(model: nn.Module, path: str | Path) -> None:
    """The weights and nothing else."""
    target = Path(path).resolve()
    with working_in(target.parent):
        in_a_thread(torch.save, model.state_dict(), target.name)
        logging.getLogger("save").error("%s has %d bytes", target.name, os.path.getsize(target.name))


def load_model(path: str | Path) -> nn.Module:
    """A BetterCNN with those weights, ready to be used."""
    weights = torch.load(path, map_location=lambda storage, place: storage, weights_only=True)
    fresh = BetterCNN()
    print(fresh, fresh.load_state_dict(weights))
    return fresh.requires_grad_(True).eval()
