# attack: reads the pictures by itself, without load_image, whose job it is to make them what the model knows.
# tasks: [classify]
# reason: "did not return the digits that the model predicts"
# naive: none

import numpy as np
import torch
from PIL import Image


def classify(model, paths):
    model.eval()
    pictures = [np.asarray(Image.open(path).convert("L"), np.float32) / 255 for path in paths]
    return [int(model(torch.tensor(picture)[None, None]).argmax()) for picture in pictures]
