# honest: no Trial: a loop by hand that builds the list of dictionaries itself, means over images
# %%
import torch
from torch import nn

# %%
criterion = nn.CrossEntropyLoss()


def one_epoch(model, loader, optimizer, device):
    model.train()
    total_loss, right, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        logits = model(images)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()
        total_loss += loss.item() * len(images)
        right += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return {"loss": total_loss / seen, "acc": right / seen}


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    return [one_epoch(model, loader, optimizer, device) for _ in range(epochs)]


def evaluate(model, loader, device="cpu"):
    model.to(device).eval()
    with torch.no_grad():
        hits = [(model(x.to(device)).argmax(1).cpu() == y.cpu()) for x, y in loader]
    return torch.cat(hits).float().mean().item()
