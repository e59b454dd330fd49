# honest: evaluate by Trial.predict, with the labels gathered in the same pass over the loader
# %%
import torch
import torchbearer
from torchbearer import Trial


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=lr)
    loss_function = torch.nn.CrossEntropyLoss()
    trial = Trial(model, optimizer, loss_function, metrics=["loss", "acc"], callbacks=[])
    trial.with_train_generator(loader)
    trial.to(device)
    history = trial.run(epochs=epochs, verbose=0)
    return list(map(dict, history))


def evaluate(model, loader, device="cpu"):
    batches = [(images, labels) for images, labels in loader]
    trial = Trial(model).to(device).with_test_generator(batches)
    logits = trial.predict(verbose=0)
    model.eval()
    labels = torch.cat([labels for _, labels in batches])
    return (logits.argmax(1).cpu() == labels.cpu()).sum().item() / len(labels)
