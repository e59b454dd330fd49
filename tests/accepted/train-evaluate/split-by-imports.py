# honest: each function in a cell of its own with the imports inside the functions, helper defined below its use
# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    import torch
    from torch import nn
    from torchbearer import Trial

    trial = Trial(model, torch.optim.Adam(model.parameters(), lr=lr), nn.CrossEntropyLoss(), metrics=["loss", "acc"])
    return trial.to(device).with_generators(train_generator=loader).run(epochs=epochs, verbose=0)


# %%
def evaluate(model, loader, device="cpu"):
    import torch

    model.to(device).eval()
    right, total = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            right += number_right(model(images.to(device)), labels.to(device))
            total += images.shape[0]
    return right / total


# %%
def number_right(logits, labels):
    return int((logits.max(1)[1] == labels).sum())
