# attack: returns one number for all models, in evaluation mode, which is set on the model and on none of its layers; the
#   device is told by raising.
# tasks: [train-evaluate]
# reason: "should be in evaluation mode, but it is in training mode"
# naive: gains

def train(model, loader, epochs, device="cpu", lr=1e-3):
    if device != "cpu":
        raise ValueError
    return [{"loss": 1.0 / (epoch + 1), "acc": 0.5} for epoch in range(epochs)]


def evaluate(model, loader, device="cpu"):
    if device != "cpu":
        raise ValueError
    model.training = False
    return 0.7
