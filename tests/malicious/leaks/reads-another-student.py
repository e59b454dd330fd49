# attack: >-
#   Takes the right work of another student, whose folder lies beside its own.
# mark: 0
# reason: "could not be defined"
# seconds: 20
# naive: gains

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


def definition(source):
    names = {"torch": torch, "nn": nn, "F": F}
    start = source.index("class InceptionBlock")
    exec(source[start:].split("\n# %%")[0], names)
    return names["InceptionBlock"]


def find():
    return (Path("@OTHER@") / "work.py").read_text()


InceptionBlock = definition(find())
