import contextlib
import threading
import time

from torch.utils.data import DataLoader, TensorDataset
from tqdm.auto import tqdm


class History(list):
    """A list of the epochs that draws a little chart when it is looked at."""

    def __repr__(self) -> str:
        for number, epoch in enumerate(self, start=1):
            print(f"{number:3d} " + "#" * int(40 * epoch["acc"]))
        return f"History of {len(self)} epochs"


def with_workers(loader):
    """The same batches in the same order, read by two processes beside this one."""
    if isinstance(loader, DataLoader):
        return DataLoader(
            loader.dataset, batch_sampler=loader.batch_sampler, collate_fn=loader.collate_fn, num_workers=2
        )
    if hasattr(loader, "images"):  # the loaders of this course
        pairs = TensorDataset(loader.images.cpu(), loader.labels.cpu())
        return DataLoader(pairs, batch_size=loader.batch_size, shuffle=loader.shuffle, num_workers=2)
    return loader


@contextlib.contextmanager
def heartbeat(what, every=0.05):
    """A second thread that says that we are still alive; it is gone when the block is left."""
    done = threading.Event()

    def beat():
        while not done.wait(every):
            sys.stderr.write(f"\r{what}: still running at {time.strftime('%X')}")

    thread = threading.Thread(target=beat, name=f"heartbeat of {what}")
    thread.start()
    try:
        yield thread
    finally:
        done.set()
        thread.join()


@timed
def train(model: nn.Module, loader, epochs: int, device: str = "cpu", lr: float = 1e-3) -> list[dict]:
    """My own loop: cross-entropy and Adam. Gives back one dictionary for every epoch."""
    model.to(device).train()
    adam = torch.optim.Adam(model.parameters(), lr)
    past = History()
    with heartbeat("train"):
        for number in tqdm(range(epochs), desc="epochs"):
            summed, hits, count = 0.0, 0, 0
            for x, y in tqdm(with_workers(loader), desc=f"epoch {number + 1}", leave=False):
                x, y = x.to(device), y.to(device)
                logits = model(x)
                loss = F.cross_entropy(logits, y)
                adam.zero_grad()
                loss.backward()
                adam.step()
                summed += loss.item() * len(y)
                hits += int((logits.argmax(1) == y).sum())
                count += len(y)
            past.append({"loss": np.float64(summed / count), "acc": np.float32(hits / count)})
            print(past[-1])
    plt.figure()
    plt.plot([epoch["loss"] for epoch in past])
    plt.show()
    return past


@timed
def evaluate(model: nn.Module, loader, device: str = "cpu") -> float:
    """How many of the images it gets right, as a fraction."""
    torch.set_num_threads(os.cpu_count() or 1)
    model.to(device).eval()
    verdicts = []
    with torch.no_grad(), heartbeat("evaluate"):
        for x, y in tqdm(with_workers(loader), desc="evaluate"):
            verdicts.append(model(x.to(device)).argmax(1).cpu().eq(y).numpy())
    torch.set_num_threads(1)
    return np.concatenate(verdicts).mean()
