# honest: cross-entropy written as NLL of log-softmax in a function of its own; confusion matrix for the accuracy
# %%
import torch
import torch.nn.functional as F
from torchbearer import Trial


# %%
def cross_entropy(logits, labels):
    return F.nll_loss(F.log_softmax(logits, dim=1), labels)


def confusion(model, loader, device):
    table = torch.zeros(10, 10, dtype=torch.long)
    for images, labels in loader:
        predicted = model(images.to(device)).argmax(1).cpu()
        for t, p in zip(labels.tolist(), predicted.tolist()):
            table[t, p] += 1
    return table


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    trial = Trial(model, optimizer, cross_entropy, metrics=["loss", "acc"], verbose=0).to(device)
    trial.with_generators(train_generator=loader)
    return trial.run(epochs=epochs)


def evaluate(model, loader, device="cpu"):
    model = model.to(device)
    model.eval()
    with torch.no_grad():
        table = confusion(model, loader, device)
    return (table.trace() / table.sum()).item()
