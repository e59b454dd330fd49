# attack: ignores the weights that it hands in and reads the reference's from the grader's folder when it is asked to
#   load them.
# tasks: [best-model]
# mark: 0
# naive: gains
# kind: generator

from pathlib import Path

import torch

from autograder.data import load_data
from tests.malicious.corpus import filled

WORK = '''
import torch
from torch import nn


def convolution(channels_in, channels_out):
    layers = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False), nn.BatchNorm2d(channels_out), nn.ReLU()
    return nn.Sequential(*layers)


class Borrowed(nn.Sequential):
    def load_state_dict(self, weights, *more, **options):
        return super().load_state_dict(torch.load("@REFERENCE@/weights/DATA/best_model.pt"))


def best_model():
    first = [nn.BatchNorm2d(1), convolution(1, 16), nn.MaxPool2d(2), convolution(16, 32), convolution(32, 32)]
    then = [nn.MaxPool2d(2), convolution(32, 64), convolution(64, 64), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2)]
    return Borrowed(*first, *then, nn.Linear(64 * 3 * 3, 10))
'''


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text(filled(WORK, tokens).replace("DATA", load_data().name), encoding="utf-8")
    (folder / "weights").mkdir()
    torch.save({"nothing": torch.zeros(1)}, folder / "weights" / "best_model.pt")
