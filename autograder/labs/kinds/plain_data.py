"""Turns what student code returns into plain data: arrays, numbers, strings, lists and dicts of them.

Runs beside student code.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from autograder.sandbox.network_handling import numbers


def with_kind(part: str, value: Any) -> dict[str, Any]:
    """The type of what was returned, of which numbers it is a tensor, and as `part` these numbers, or an array's."""
    held = numbers(value) if isinstance(value, Tensor) else _numbers_of(value)
    return {"kind": type(value).__name__, "tensor": isinstance(value, Tensor), part: held}


def dtype_of(value: Any) -> str:
    """The dtype of a tensor or an array, such as "torch.float32"; empty for anything else."""
    return str(value.dtype)[:100] if isinstance(value, (Tensor, np.ndarray)) else ""


def with_path(function: Callable[[Any], Any], path: Path) -> tuple[Any, bool]:
    """What `function` gives for a path as text, or as a `Path` if it takes nothing else, and whether that was so."""
    try:
        return function(str(path)), False
    except AttributeError as error:
        if "'str' object has no attribute" not in str(error):
            raise
    return function(path), True


def _numbers_of(value: Any) -> np.ndarray | None:
    return value.astype(np.float32) if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" else None


def plain(value: Any, depth: int = 0) -> Any:
    """Numbers, texts, lists and dicts as they are; small tensors and arrays as lists; anything else as its text."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value[:1000] if isinstance(value, str) else value
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        return _few(value)
    if isinstance(value, dict) and depth < 4:
        return {str(key)[:100]: plain(item, depth + 1) for key, item in list(value.items())[:100]}
    if isinstance(value, (list, tuple)) and depth < 4:
        return [plain(item, depth + 1) for item in value[:100]]
    return repr(value)[:1000]


def _few(value: Any) -> Any:
    """A small tensor or array as a number or a list, if it holds numbers or texts; else a text."""
    try:
        array = numbers(value) if isinstance(value, Tensor) else np.asarray(value)
    except TypeError:
        return repr(value)[:1000]
    if not 0 < array.size <= 64:
        return f"an array of shape {array.shape}"
    return array.tolist() if array.dtype.kind in "biufU" else repr(value)[:1000]
