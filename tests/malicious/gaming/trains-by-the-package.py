# attack: trains with the functions that the package has for the reference's weights, which are another training.
# tasks: [train-evaluate]
# reason: "`fit` of this package trains for you, so an answer cannot be made of it; write that yourself"
# naive: none

import torch


def train(model, loader, epochs, device="cpu", lr=1e-3):
    from autograder.training import recipes

    class Data:
        def loader(self, *more, **options):
            return [(images.to(device), labels.to(device)) for images, labels in loader]

    return recipes.fit(model, Data(), recipes.Recipe(epochs, max_lr=lr, averaging=0.5), device, 0)


def evaluate(model, loader, device="cpu"):
    from autograder.training import recipes

    images, labels = zip(*loader)
    return recipes.accuracy(model, torch.cat(images), torch.cat(labels), device)
