"""The wire between grader and student process: length-limited frames of JSON and plain arrays, nothing else.

A frame is a header, a JSON text and the bytes of the arrays one after the other:

    4 bytes  the magic word
    4 bytes  length of the JSON text, little-endian
    8 bytes  length of the arrays' bytes, little-endian

In the JSON text an array is {"__array__": [dtype, shape]}; the arrays' bytes follow in the same order. Neither end ever
unpickles or evaluates what the other sends.
"""

from __future__ import annotations

import json
import math
import os
import select
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.storage import storable

MAGIC = b"AGW1"
HEADER = struct.Struct("<4sIQ")
JSON_LIMIT = 4 * 2**20
DEPTH_LIMIT = 32
BITS_LIMIT = 10_000  # of a whole number: Python writes no longer ones
NODES_LIMIT = 100_000  # lists, dicts and values in one message: each costs the reader more than its sender
READY = {"ready": True}  # a student process's first message: it is in its sandbox
DTYPES = ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")


class WireError(Exception):
    """What arrived is not one of our frames: too long, cut short, or malformed."""


class WireTimeout(WireError):
    """No whole frame arrived before the deadline."""


class WireClosed(WireError):
    """The other end has closed."""


def encode(message: Any) -> bytes:
    """The frame for `message`: dicts, lists, strings, numbers, booleans, None and arrays."""
    arrays: list[memoryview] = []

    def described(array: np.ndarray) -> dict[str, Any]:
        arrays.append(array.data)
        return {"__array__": [array.dtype.name, list(array.shape)]}

    text = json.dumps(plain(message), default=described, separators=(",", ":")).encode("utf-8", "backslashreplace")
    if len(text) > JSON_LIMIT:
        raise WireError("the message is too long")
    body = b"".join(arrays)
    return HEADER.pack(MAGIC, len(text), len(body)) + text + body


def plain(value: Any, depth: int = 0) -> Any:
    """The value as the other end of a wire gets it: of Python's own types, with arrays that nobody else holds.

    Raises `WireError` if it cannot be sent.
    """
    if depth > DEPTH_LIMIT:
        raise WireError("the message is nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (int, np.integer)):
        if int(value).bit_length() > BITS_LIMIT:
            raise WireError("a number is too long to be sent")
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    if isinstance(value, np.ndarray):
        if value.dtype.name not in DTYPES:
            raise WireError(f"arrays of {value.dtype} cannot be sent")
        return np.array(value, np.dtype(value.dtype.name), order="C")
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    raise WireError(f"{type(value).__name__} cannot be sent")


def unframe(frame: bytes) -> Any:
    """The message in a whole frame; raises `WireError` for anything that `encode` would not produce."""
    if not frame.startswith(MAGIC) or len(frame) < HEADER.size:
        raise WireError("this is not a frame of the wire")
    _, length, _ = HEADER.unpack_from(frame)
    body = HEADER.size + length
    return decode(frame[HEADER.size : body], frame[body:])


def decode(text: bytes, body: bytes) -> Any:
    """The message in a frame's two parts; raises `WireError` for anything that `encode` would not produce."""
    try:
        value = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise WireError("the frame's text is not JSON") from error
    at, nodes = 0, 0

    def full(value: Any, depth: int = 0) -> Any:
        nonlocal at, nodes
        nodes += 1
        if depth > DEPTH_LIMIT:
            raise WireError("the message is nested too deeply")
        if nodes > NODES_LIMIT:
            raise WireError("the message has too many parts")
        if isinstance(value, str):
            return storable(value)
        if isinstance(value, list):
            return [full(item, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) != {"__array__"}:
            return {storable(key): full(item, depth + 1) for key, item in value.items()}
        described = value["__array__"]
        if not (isinstance(described, list) and len(described) == 2):
            raise WireError("an array's description is malformed")
        dtype, shape = described
        if dtype not in DTYPES or not isinstance(shape, list) or len(shape) > 8:
            raise WireError("an array's description is malformed")
        if not all(type(size) is int and 0 <= size <= 2**31 for size in shape):
            raise WireError("an array's shape is malformed")
        if math.prod(size for size in shape if size) > 2**31:
            raise WireError("an array's shape is malformed")
        length = math.prod(shape) * np.dtype(dtype).itemsize
        if at + length > len(body):
            raise WireError("an array is longer than the frame")
        if dtype == "bool":
            array = np.frombuffer(body, np.uint8, math.prod(shape), at).astype(bool)
        else:
            array = np.frombuffer(body, dtype, math.prod(shape), at)
        at += length
        return array.reshape(shape)

    message = full(value)
    if at != len(body):
        raise WireError("the frame holds more bytes than its arrays")
    return message


def within(seconds: float) -> Callable[[], float]:
    """The seconds that are left, by the clock; for `send` and `receive`."""
    deadline = time.monotonic() + seconds
    return lambda: max(0.0, deadline - time.monotonic())


def send(descriptor: int, message: Any, left: Callable[[], float] | None = None) -> None:
    """Writes `message` to `descriptor`. `left` says how many seconds to wait before it is asked again; 0: no more."""
    rest = memoryview(encode(message))
    while rest:
        while left is not None and not select.select([], [descriptor], [], left())[1]:
            if left() <= 0:
                raise WireTimeout("the other end does not read in time")
        try:
            rest = rest[os.write(descriptor, rest[: 2**20]) :]
        except BlockingIOError:  # the pipe is full; select waits until it is not
            continue
        except BrokenPipeError as error:
            raise WireClosed("the other end has closed") from error


def receive(descriptor: int, limit: int, left: Callable[[], float] | None = None) -> Any:
    """Reads one message of at most `limit` bytes from `descriptor`.

    `left` says how many seconds to wait before it is asked again; 0: no more.
    """
    magic, text_length, body_length = HEADER.unpack(_read(descriptor, HEADER.size, left))
    if magic != MAGIC:
        raise WireError("the data is not a frame")
    if text_length > JSON_LIMIT or text_length + body_length > limit:
        raise WireError(f"the frame is longer than {limit} bytes")
    text = _read(descriptor, text_length, left)
    return decode(text, _read(descriptor, body_length, left))


def _read(descriptor: int, length: int, left: Callable[[], float] | None) -> bytes:
    whole = bytearray(length)  # in one piece: many small ones cost far more memory than their contents
    rest = memoryview(whole)
    while rest:
        while left is not None and not select.select([descriptor], [], [], left())[0]:
            if left() <= 0:
                raise WireTimeout("no answer arrived in time")
        part = os.read(descriptor, min(len(rest), 2**16))  # as much as a pipe holds
        if not part:
            raise WireClosed("the other end has closed")
        rest[: len(part)] = part
        rest = rest[len(part) :]
    return bytes(whole)
