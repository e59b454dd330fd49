# attack: >-
#   returns the weights of the layer as its maps, and so leaves no hook behind.
# tasks: [feature-maps]
# reason: "no hook has seen anything"
# naive: none

import torch


def feature_maps(model, layer, image):
    return layer.weight.detach().sum(1)
