"""Results written into tensors that are there: out=, and writes in place to what an op still reads."""

import pytest
import relume as torch

_FLOAT, _LONG = torch.tensor([0.5, 1.5]), torch.tensor([0, 1])
_EXPECTED_FLOAT = "Expected out tensor to have dtype float, but got double instead"
_NO_CAST = "result type Float can't be cast to the desired output type Long"
_SHARED = "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory"


@pytest.mark.parametrize(
    "function, arguments, dtype, error, text",
    [
        (torch.add, (_FLOAT, 1), "int64", RuntimeError, _NO_CAST),
        (torch.mv, (torch.eye(2), _FLOAT), "float64", RuntimeError, _EXPECTED_FLOAT),
        (torch.gather, (_FLOAT, 0, _LONG), "float64", RuntimeError, _EXPECTED_FLOAT),
        (torch.softmax, (_FLOAT, 0), "float64", RuntimeError, _EXPECTED_FLOAT),
        (torch.argmax, (_FLOAT, 0), "float32", RuntimeError, "to have dtype long int, but got float instead"),
        (torch.neg, (_LONG,), "float32", RuntimeError, "Found dtype Float but expected Long"),
        (torch.cat, ([_FLOAT],), "int64", TypeError, r"torch.cat\(\): input types can't be cast to the desired output"),
        (torch.dot, (_FLOAT, _FLOAT), "float64", RuntimeError, "result dtype Double does not match input dtype Float"),
        (torch.take, (_FLOAT, _LONG), "float64", RuntimeError, "got self.dtype = Float and out.dtype = Double"),
        (torch.mean, (_FLOAT, 0), "int64", RuntimeError, _NO_CAST),
        (torch.all, (_FLOAT,), "float32", RuntimeError, "all only supports bool tensor for result, got: Float"),
        (torch.bucketize, (_FLOAT, _FLOAT), "float32", RuntimeError, "output tensor's dtype Float and out_int32 flag is F"),
    ],
)
def test_out_of_another_dtype_is_refused(function, arguments, dtype, error, text):
    with pytest.raises(error, match=text):
        function(*arguments, out=torch.empty(2, dtype=getattr(torch, dtype)))


def test_out_of_another_dtype_is_converted_to_where_promotion_would():
    assert torch.add(_LONG, 1, out=torch.empty(2, dtype=torch.float64)).tolist() == [1, 2]
    assert torch.eq(_FLOAT, 0.5, out=torch.empty(2)).tolist() == [1, 0]
    assert torch.all(_FLOAT, 0, out=torch.empty((), dtype=torch.uint8)).item() == 1
    assert torch.cat([_LONG, _LONG], out=torch.empty(4)).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "write",
    [
        lambda x, i: torch.add(x[:-1], 1, out=x[1:]),
        lambda x, i: torch.gather(x, 0, i, out=x),
        lambda x, i: torch.cat([x], out=x),
        lambda x, i: x[1:].mul_(x[:-1]),
        lambda x, i: x.index_add_(0, i, x),
        lambda x, i: x.scatter_(0, i, x),
        lambda x, i: x.scatter_reduce_(0, i, x, "sum"),
        lambda x, i: x.__setitem__(i, x),
        lambda x, i: x.__setitem__(i[:2], x[0]),
        lambda x, i: i.__setitem__(i, 0),
    ],
)
def test_what_an_op_still_reads_is_not_written(write):
    with pytest.raises(RuntimeError, match=_SHARED):
        write(torch.arange(4.0), torch.arange(4))


def test_what_an_op_has_read_may_be_written():
    x = torch.arange(4.0)
    assert torch.exp(x, out=x) is x and x[0] == 1
    assert torch.softmax(x, 0, out=x).sum().item() == pytest.approx(1)
    y = torch.arange(4.0).view(2, 2)
    assert torch.mm(y, y, out=y).tolist() == [[2, 3], [6, 11]]
    z = torch.arange(3.0)
    z[z > 0] = z[0]
    assert z.tolist() == [0, 0, 0]


def test_results_in_out_have_names():
    values, places = torch.empty(()), torch.empty((), dtype=torch.int64)
    text = "torch.return_types.max_out(\nvalues=tensor(1.5000),\nindices=tensor(1))"
    assert repr(torch.max(_FLOAT, 0, out=(values, places))) == text


def test_several_results_may_be_written_into_given_tensors():
    x = torch.tensor([[1.0, 3.0, 2.0]])
    values, places = torch.empty(1), torch.empty(1, dtype=torch.int64)
    result = torch.max(x, 1, out=(values, places))
    assert result.values is values and result.indices is places and (values.item(), places.item()) == (3, 1)
    torch.sort(x, descending=True, out=[a := torch.empty(1, 3), b := torch.empty(1, 3, dtype=torch.int64)])
    assert a.tolist() == [[3, 2, 1]] and b.tolist() == [[1, 2, 0]]
    with pytest.raises(TypeError, match="expected tuple of 2 elements but got 1"):
        torch.topk(x, 1, out=(values,))
    with pytest.raises(TypeError, match="argument 'out' must be Tensor, not tuple"):
        torch.topk(x, 1, out=(values, 3))
    with pytest.raises(TypeError, match="argument 'out' must be Tensor, not tuple"):
        torch.add(x, x, out=(values,))
    with pytest.raises(TypeError, match="argument 'out' must be a tuple of Tensors, not Tensor"):
        torch.max(x, 1, out=values)


def test_results_are_computed_in_the_dtype_of_out():
    torch.manual_seed(0)
    expected = torch.rand(2, dtype=torch.float64)
    torch.manual_seed(0)
    assert torch.rand(2, out=torch.empty(0, dtype=torch.float64)).equal(expected)
    assert torch.ones(2, out=torch.empty(0).int()).tolist() == [1, 1]
    assert torch.sum(torch.ones(3), 0, out=torch.empty(0).int()).item() == 3
