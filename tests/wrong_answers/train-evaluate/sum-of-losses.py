# stumble: batches' mean losses added up, divided by nothing
# loses: history
# says: In entry 1 of the history, loss is 32.9

# %%
import torch
from torch.nn import functional as F


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    model.to(device).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for epoch in range(epochs):
        losses, right, seen = 0.0, 0, 0
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            logits = model(images)
            loss = F.cross_entropy(logits, labels)
            loss.backward()
            optimizer.step()
            losses += loss.item()
            right += (logits.argmax(1) == labels).sum().item()
            seen += len(labels)
        history.append({"loss": losses, "acc": right / seen})
    return history


def evaluate(model, loader, device="cpu"):
    model.to(device).eval()
    right, seen = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images.to(device)).argmax(1).cpu() == labels.cpu()).sum().item()
            seen += len(labels)
    return right / seen
