# honest: copies the tensors parameter by parameter, with checks of its own
# %%
import io
import torch
from autograder.notebook import borrow

BetterCNN = borrow("BetterCNN")
CPU = torch.device("cpu")


# %%
def save_model(model, path):
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    with open(path, mode="wb") as f:
        f.write(buffer.getvalue())


# %%
def load_model(path):
    with open(path, mode="rb") as f:
        buffer = io.BytesIO(f.read())
    saved = torch.load(buffer, map_location=CPU, weights_only=True)
    model = BetterCNN()
    own = model.state_dict()
    assert own.keys() == saved.keys(), "this file is of another network"
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(saved[name])
    for module in model.modules():
        module.training = False
    return model
