"""Indexing and broadcasting against NumPy, on shapes and indices that hypothesis makes up."""

import numpy as np
import pytest
import relume as torch
from hypothesis import given, settings
from hypothesis import strategies as st

SHAPES = st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple)


def one_index(size):
    kinds = [st.none().map(lambda _: slice(None)), st.builds(slice, bound(size), bound(size), st.integers(1, 3))]
    if size > 0:
        place = st.integers(-size, size - 1)
        kinds += [place, st.lists(place, min_size=1, max_size=3)]
    return st.one_of(kinds)


def bound(size):
    return st.none() | st.integers(-size - 2, size + 2)


@st.composite
def indexed(draw):
    shape = draw(SHAPES)
    count = draw(st.integers(0, len(shape)))
    index = [draw(one_index(size)) for size in shape[:count]]
    lists = [item for item in index if isinstance(item, list)]
    if lists:  # beside lists PyTorch selects by an integer first, where NumPy broadcasts it with them
        index = [slice(item, item + 1 or None) if isinstance(item, int) else item for item in index]
    for item in lists:  # lists must broadcast with each other
        item[:] = (item * len(lists[0]))[: len(lists[0])]
    if draw(st.booleans()):
        index.insert(draw(st.integers(0, len(index))), None)
    return np.arange(np.prod(shape, dtype=int)).reshape(shape), tuple(index)


@settings(max_examples=300, deadline=None)
@given(indexed())
def test_reads_what_numpy_reads(case):
    array, index = case
    expected = array[index]
    result = torch.tensor(array)[index]
    assert tuple(result.shape) == expected.shape
    assert result.tolist() == expected.tolist()


@settings(max_examples=200, deadline=None)
@given(indexed())
def test_writes_where_numpy_writes(case):
    array, index = case
    tensor = torch.tensor(array)
    array[index] = -1
    tensor[index] = -1
    assert tensor.tolist() == array.tolist()


@settings(max_examples=200, deadline=None)
@given(SHAPES, SHAPES)
def test_broadcasts_as_numpy_does(a, b):
    x, y = torch.zeros(a), torch.zeros(b)
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(RuntimeError, match="must match the size"):
            x + y
        return
    assert tuple((x + y).shape) == expected


def test_masks_select_and_write():
    x = torch.arange(6).reshape(2, 3)
    assert x[x > 2].tolist() == [3, 4, 5]
    x[x > 2] = 0
    assert x.sum().item() == 3


def test_iterates_over_the_first_dimension():
    assert [row.tolist() for row in torch.eye(2)] == [[1, 0], [0, 1]]
    with pytest.raises(TypeError, match="0-d tensor"):
        iter(torch.tensor(1))


def test_negative_steps_are_refused():
    with pytest.raises(ValueError, match="step must be greater than zero"):
        torch.arange(3)[::-1]
