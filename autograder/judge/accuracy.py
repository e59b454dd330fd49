"""Counts right answers, and turns an accuracy into credit."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from autograder.course import Band
from autograder.judge.compare import array
from autograder.judge.verdict import Failed, Partial

GUESSING = 0.25  # of ten digits, one is right by chance


def logits_of(model: nn.Module, images: np.ndarray, device: str = "cpu", batch: int = 100) -> np.ndarray:
    """The logits (N, 10) of a trusted model for images of bytes (N, 28, 28)."""
    model = model.to(device).to(memory_format=torch.channels_last).eval()
    parts = []
    with torch.no_grad():
        for start in range(0, len(images), batch):
            part = torch.tensor(images[start : start + batch]).float().div(255)[:, None]
            parts.append(model(part.to(device)).cpu().numpy())
    return np.concatenate(parts)


def accuracy_of(logits: object, labels: np.ndarray, what: str) -> float:
    """The fraction of `labels` (N,) that the largest of `logits` (N, 10) name, in [0, 1]."""
    numbers = array(logits, f"What {what} returned")
    if numbers.shape != (len(labels), 10):
        raise Failed(f"{what} should return 10 logits for each image, but returned an array of shape {numbers.shape}.")
    return float((numbers.argmax(1) == labels).mean())


def judge_accuracy(accuracy: float, band: Band, what: str) -> None:
    """Full credit from the band's upper end, partial credit within it."""
    credit = band.credit(accuracy)
    if credit >= 1:
        return
    said = (
        f"{what} gets {accuracy:.2%} of the hidden images right. Credit starts at {band.zero:.2%}; full credit is at"
        f" {band.full:.2%}."
    )
    hint = "Does the validation accuracy still rise with more epochs?"
    if accuracy < GUESSING:
        hint = "That is no better than guessing. Was the network trained before its weights were saved?"
    if credit <= 0:
        raise Failed(said, hint=hint)
    raise Partial(said, hint=hint, fraction=credit)
