# honest: a loop by hand; loss and accuracy of each epoch are measured after it, over all training images, batches averaged
# %%
import torch
from torch import nn

loss_of = nn.CrossEntropyLoss()


# %%
def measured(model, loader, device):
    model.eval()
    with torch.no_grad():
        pairs = [(model(x.to(device)), y.to(device)) for x, y in loader]
    losses = [loss_of(logits, y).item() for logits, y in pairs]
    hits = [(logits.argmax(-1) == y).double().mean().item() for logits, y in pairs]
    return {"epoch": 0, "loss": sum(losses) / len(losses), "acc": sum(hits) / len(hits)}


def train(model, loader, epochs, device="cpu", lr=1e-3):
    model = model.to(device)
    adam = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        model.train()
        for x, y in loader:
            adam.zero_grad(set_to_none=True)
            loss_of(model(x.to(device)), y.to(device)).backward()
            adam.step()
        history.append(measured(model, loader, device))
    return history


# %%
def evaluate(model, loader, device="cpu"):
    model.to(device)
    model.eval()
    with torch.inference_mode():
        hits = torch.cat([model(x.to(device)).argmax(-1).cpu() == y.cpu() for x, y in loader])
    return hits.double().mean().item()
