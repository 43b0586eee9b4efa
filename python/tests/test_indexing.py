"""Indexing and broadcasting against NumPy, on shapes and indices that hypothesis makes up."""

import re

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


@st.composite
def operands(draw):
    """Two arrays of integers whose shapes broadcast, some of them views with other strides."""
    shape = draw(SHAPES)
    arrays = []
    for _ in range(2):
        own = [size if draw(st.booleans()) else 1 for size in shape]
        own = own[draw(st.integers(0, len(own) - 1)) :] if draw(st.booleans()) else own
        count = int(np.prod(own))
        values = draw(st.lists(st.integers(-9, 9), min_size=count, max_size=count))
        array = np.array(values, dtype=np.int64).reshape(own)
        arrays.append(array.T.copy().T if draw(st.booleans()) else array)
    return arrays


@settings(max_examples=200, deadline=None)
@given(operands())
def test_computes_what_numpy_computes(pair):
    a, b = pair
    x, y = (torch.from_numpy(array) for array in pair)
    for ours, theirs in (
        (x + y, a + b),
        (x * y, a * b),
        (torch.maximum(x, y), np.maximum(a, b)),
        (x < y, a < b),
        (torch.where(x > 0, x, y), np.where(a > 0, a, b)),
        (x // torch.where(y == 0, 1, y), a // np.where(b == 0, 1, b)),
    ):
        assert tuple(ours.shape) == theirs.shape and ours.tolist() == theirs.tolist()


@settings(max_examples=200, deadline=None)
@given(operands(), st.data())
def test_reduces_as_numpy_does(pair, data):
    array = pair[0]
    axes = tuple(data.draw(st.lists(st.integers(0, array.ndim - 1), unique=True, min_size=1)))
    x = torch.from_numpy(array)
    keep = data.draw(st.booleans())
    assert x.sum(axes, keep).tolist() == array.sum(axes, keepdims=keep).tolist()
    if array.size:
        assert x.amax(axes, keep).tolist() == array.max(axes, keepdims=keep).tolist()
    assert x.cumsum(axes[0]).tolist() == array.cumsum(axes[0]).tolist()


@settings(max_examples=200, deadline=None)
@given(operands(), st.data())
def test_views_show_what_numpys_do(pair, data):
    array = pair[0]
    x = torch.from_numpy(array)
    order = data.draw(st.permutations(range(array.ndim)))
    assert x.permute(order).tolist() == array.transpose(order).tolist()
    assert x.flip(order[0]).tolist() == np.flip(array, order[0]).tolist()
    assert x.permute(order).reshape(-1).tolist() == array.transpose(order).reshape(-1).tolist()
    assert x.unsqueeze(order[0]).squeeze(order[0]).tolist() == array.tolist()


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


def test_lists_of_more_than_numbers_stand_for_tuples():
    x = torch.arange(6.0).reshape(2, 3)
    for index in ([[0, 1], [1, 0]], [torch.tensor([0, 1]), torch.tensor([1, 2])], [slice(0, 1), 0], [0, None]):
        with pytest.warns(UserWarning, match="non-tuple sequence for multidimensional indexing"):
            assert torch.equal(x[index], x[tuple(index)])
    assert x[[1, 0]].tolist() == [[3, 4, 5], [0, 1, 2]]


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda x, i: x.index_fill_(0, i, 1), IndexError, "index_fill_(): Expected dtype int64 for index."),
        (lambda x, i: x.index_copy_(0, i, x), RuntimeError, "index_copy_(): Expected a long tensor for index, but got Int"),
        (lambda x, i: torch.take_along_dim(x, i, 0), RuntimeError, "dtype of indices should be Long but got Int"),
        (lambda x, i: x.index_fill_(0, i.long().view(3, 1), 1), RuntimeError, "Index has to be a vector/scalar"),
        (lambda x, i: x.scatter_add_(0, i.short(), x), RuntimeError, "scatter(): Expected dtype int32/int64 for index"),
        (lambda x, i: x.index_add_(0, i + 9, x + 0), IndexError, "index out of range in self"),
        (lambda x, i: x.view(3, 1).index_add_(0, i.long() + 9, x.view(3, 1).clone()), RuntimeError, "index 9 is out of b"),
    ],
)
def test_what_ops_say_of_indices(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call(torch.zeros(3), torch.tensor([0, 1, 2], dtype=torch.int32))


def test_indices_of_int32():
    x, i = torch.arange(3.0), torch.tensor([2, 0], dtype=torch.int32)
    for picked in (x[i], x.gather(0, i), x.index_select(0, i), torch.nn.functional.embedding(i, x.view(3, 1)).view(-1)):
        assert picked.tolist() == [2, 0]
    assert x.index_add(0, i, torch.ones(2)).tolist() == [1, 1, 3]
    assert x.scatter(0, i, 5.0).tolist() == [5, 1, 5]
