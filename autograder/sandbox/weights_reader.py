"""Reads a weights file, in a student process that has run no student code and holds nothing of the marker's.

Even `torch.load(weights_only=True)` is an unpickler: it has had vulnerabilities (CVE-2025-32434, CVE-2026-24747),
and a small file can keep it busy or claim gigabytes.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import torch
from torch import Tensor

ENTRIES = 2000
PROTOCOL = 2  # in which `torch.save` writes, and which `torch.load` reads without running code
WRAPPED = ("state_dict", "model_state_dict", "model")  # keys under which some files keep the state dict


def read_weights(content: bytes, limit_mb: float) -> dict[str, Any]:
    """{"state": [[name, float32 array], …], "wrapped": …} of the real-valued tensors, or {"problem": …} (see
    `judge/weights_file.py`)."""
    limit = limit_mb * 2**20
    if problem := _by_its_beginning(content):
        return {"problem": problem}
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = packed.infolist()
            if len(entries) > 2 * ENTRIES:
                return {"problem": "too many"}
            if sum(entry.file_size for entry in entries) > limit:
                return {"problem": "too large"}
    try:
        held = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        state = unwrapped(held)
    except Exception as error:
        return {"problem": _why_not(content, str(error).lower())}
    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        return {"problem": "no state dict"}
    if len(state) > ENTRIES:
        return {"problem": "too many"}
    if set(state) == {"state", "param_groups"}:
        return {"problem": "optimiser"}
    if any(isinstance(value, dict) for value in state.values()):
        return {"problem": "checkpoint"}
    arrays: list[list[Any]] = []
    total = 0
    for key, value in state.items():
        if not isinstance(value, Tensor) or value.layout != torch.strided or value.is_quantized or value.is_nested:
            return {"problem": "no tensor"}
        if value.is_meta:
            return {"problem": "no tensor"}
        total += 4 * value.numel()  # with a stride of zero, a few bytes can claim to be gigabytes
        if total > 2 * limit:
            return {"problem": "too large"}
        if value.is_floating_point():
            arrays.append([key[:200], np.ascontiguousarray(value.detach().resolve_neg().float().numpy())])
    return {"state": arrays, "wrapped": state is not held}


def _by_its_beginning(content: bytes) -> str:
    """What a file is that `torch.save` did not write; empty if it may have."""
    beginning = content[:512].lstrip().lower()
    if not content:
        return "empty"
    if content.startswith(b"version https://git-lfs"):
        return "git-lfs"
    if beginning.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "web page"
    if content.startswith(b"PK\x03\x04") and not zipfile.is_zipfile(io.BytesIO(content)):
        return "cut"
    return ""


def _why_not(content: bytes, error: str) -> str:
    """Why `torch.load` refused a file."""
    # `torch.save` writes a zip with everything in a folder, or in the old format a pickle.
    if not content.startswith((b"PK", b"\x80")) or "not in a subdirectory" in error:
        return "other file"
    if any(words in error for words in ("ran out of input", "truncated", "unexpected eof", "unpack requires")):
        return "cut"
    if _protocol(content) > PROTOCOL:
        return "protocol"
    return "objects" if "weights_only" in error else "unreadable"


def _protocol(content: bytes) -> int:
    """The pickle protocol that a file is written in; 0 where it cannot be told."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            pickles = [entry for entry in packed.infolist() if entry.filename.endswith("data.pkl")]
            if not pickles or pickles[0].compress_type != zipfile.ZIP_STORED:
                return 0
            with packed.open(pickles[0]) as file:
                content = file.read(2)
    return content[1] if content[:1] == b"\x80" and len(content) > 1 else 0


def state_dict(content: bytes) -> Any:
    """What `torch.load` reads without running any code in the file; if it is wrapped, the state dict inside."""
    return unwrapped(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))


def unwrapped(held: Any) -> Any:
    """The state dict inside of what a file holds, or what it holds."""
    for key in WRAPPED:
        if isinstance(held, dict) and isinstance(held.get(key), dict):
            held = held[key]
    return held
