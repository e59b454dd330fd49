"""Does the wire carry what it should, and refuse everything else?"""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox import wire

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


def through(frame: bytes, limit: int = 2**20) -> object:
    reading, writing = os.pipe()
    try:
        os.write(writing, frame)
        os.close(writing)
        return wire.receive(reading, limit, wire.within(5))
    finally:
        os.close(reading)


@given(PLAIN.filter(lambda value: not (isinstance(value, dict) and "__array__" in value)))
def test_plain_data_comes_back_as_it_was(value: object) -> None:
    assert through(wire.encode({"value": value})) == {"value": value}


@pytest.mark.parametrize("dtype", wire.DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_arrays_come_back_bit_for_bit(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    back = through(wire.encode([1, {"a": array}, array.T]))
    assert back[1]["a"].dtype == array.dtype
    assert back[1]["a"].shape == shape
    assert back[1]["a"].tobytes() == array.tobytes()
    assert (back[2] == array.T).all()


@given(st.binary(max_size=400))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(wire.WireError):
        through(garbage)


@given(st.binary(max_size=200), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_lying_lengths_are_refused(text: bytes, text_length: int, body_length: int) -> None:
    if (text_length, body_length) != (len(text), 0):
        with pytest.raises(wire.WireError):
            through(wire.HEADER.pack(wire.MAGIC, text_length, body_length) + text)


@pytest.mark.parametrize(
    "text",
    [
        '{"__array__": ["object", [1]]}',
        '{"__array__": ["float32", [-1]]}',
        '{"__array__": ["float32", [2000000000, 2000000000]]}',
        '{"__array__": ["float32", [1.0]]}',
        '{"__array__": "float32"}',
        '{"__array__": ["float32", [4]]}',
        "[" * 200 + "]" * 200,
        "not json",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_arrays_that_are_none_are_refused(text: str) -> None:
    content = text.encode("latin-1")
    with pytest.raises(wire.WireError):
        through(wire.HEADER.pack(wire.MAGIC, len(content), 4) + content + b"abcd")


def test_lone_surrogates_become_storable_as_they_arrive() -> None:
    content = rb'{"told \ud800": ["caf\udce9", "\ud83d\ude00"]}'
    received = through(wire.HEADER.pack(wire.MAGIC, len(content), 0) + content)
    assert received == {r"told \ud800": [r"caf\udce9", "\U0001f600"]}


def test_bytes_that_belong_to_no_array_are_refused() -> None:
    with pytest.raises(wire.WireError, match="more bytes"):
        through(wire.HEADER.pack(wire.MAGIC, 2, 4) + b"{}abcd")


def test_objects_are_not_sent() -> None:
    with pytest.raises(wire.WireError, match="object cannot be sent"):
        wire.encode({"value": object()})
    with pytest.raises(wire.WireError, match="arrays of object"):
        wire.encode(np.array([object()]))


def test_a_frame_over_the_limit_is_refused() -> None:
    with pytest.raises(wire.WireError, match="longer than"):
        through(wire.encode(np.zeros(1000)), limit=1000)
