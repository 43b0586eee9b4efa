"""Warnings: their texts, the line they are given for, how often, and as errors."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import relume as torch
import relume.nn.functional as F

FREEDOM = (
    "{}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input numel divided "
    "by output numel)."
)
BYTES = "torch.tensor([1, 0], dtype=torch.uint8)"
MASKS = "Support for mismatched {} and {} is deprecated. Use same type for both instead."
NOT_WRITABLE = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to this "
    "tensor will result in undefined behavior. You may want to copy the array to protect its data or make it writable "
    "before converting it to a tensor. This type of warning will be suppressed for the rest of this program."
)
COPIED = (
    "torch.searchsorted(): {0} tensor is non-contiguous, this will lower the performance due to extra data copy when "
    "converting non-contiguous tensor to contiguous, please use contiguous {0} tensor if possible. This message will only "
    "appear once per program."
)
# What warns, and PyTorch's text: an ellipsis stands for the rest of it.
CASES = [
    ("torch.std(torch.ones(1))", FREEDOM.format("std")),
    ("torch.ones(1).var()", FREEDOM.format("var")),
    ("torch.var(torch.ones(3), dim=0, correction=3)", FREEDOM.format("var")),
    ("torch.var(torch.ones(0, 3), 1)", FREEDOM.format("var")),
    ("torch.var_mean(torch.ones(3, 1), 1)", FREEDOM.format("var_mean")),
    ("torch.std_mean(torch.ones(1))", FREEDOM.format("std_mean")),
    (f"torch.ones(2)[{BYTES}]", "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead."),
    (
        f"torch.where({BYTES}, torch.ones(2), 0)",
        "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of "
        "PyTorch. Use a boolean condition instead.",
    ),
    (
        "torch.cross(torch.ones(3, 3), torch.ones(3, 3))",
        "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or simply "
        "use torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross in a future release.",
    ),
    ("torch.ones(2, 3, 4).T", "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is ..."),
    ("torch.tensor(1.0).T", "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases."),
    ("torch.tensor(1.0).mT", "Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases."),
    ("torch.tensor(1.0).mH", "Tensor.mH is deprecated on 0-D tensors. Consider using x.conj()."),
    ("torch.tensor(1.0).H", "Tensor.H is deprecated on 0-D tensors. Consider using x.conj()."),
    ("torch.searchsorted(torch.ones(2, 2).t(), torch.ones(2, 2))", COPIED.format("boundary")),
    ("torch.searchsorted(torch.ones(2, 2), torch.ones(2, 2).t())", COPIED.format("input value")),
    ("torch.cholesky(torch.eye(2))", "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be ..."),
    ("torch.qr(torch.eye(2))", "torch.qr is deprecated in favor of torch.linalg.qr and will be removed ..."),
    ("torch.lu(torch.eye(2))", "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex ..."),
    (
        "torch.lu_solve(torch.ones(2, 1), *torch.linalg.lu_factor(torch.eye(2)))",
        "torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a future PyTorch release. ...",
    ),
    (
        "torch.ones(2).index_reduce(0, torch.tensor([0]), torch.ones(1), 'mean')",
        "index_reduce() is in beta and the API may change at any time.",
    ),
    (
        "torch.add(torch.ones(2), 1, out=torch.empty(3))",
        "An output with one or more elements was resized since it had shape [3], which does not match the required output "
        "shape [2]. ...",
    ),
    ("torch.ones(1).storage()", "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be ..."),
    (
        "torch.set_float32_matmul_precision('x')",
        "x is not one of 'highest', 'high', or 'medium'; the currentsetFloat32MatmulPrecision call has no effect.",
    ),
    ("torch.from_numpy(read_only)", NOT_WRITABLE),
    ("torch.as_tensor(read_only)", NOT_WRITABLE),
    (
        "torch.frombuffer(b'12345678', dtype=torch.float32)",
        "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can write to ...",
    ),
    (
        "torch.tensor([read_only, read_only])",
        "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a single "
        "numpy.ndarray with numpy.array() before converting to a tensor.",
    ),
    (
        "torch.tensor([leaf.sum(), 2.0])",
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
        "Consider using tensor.detach() first.",
    ),
    ("float(leaf.sum())", "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior. ..."),
    (
        "(leaf * 2).grad",
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be populated "
        "during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
        ".retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf "
        "Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information.",
    ),
    ("leaf.sum().backward(create_graph=True)", "Using backward() with create_graph=True will create a reference cycle ..."),
    (
        "torch.meshgrid(torch.arange(2), torch.arange(3))",
        "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
    ),
    ("torch.chain_matmul(torch.eye(2), torch.eye(2))", "torch.chain_matmul is deprecated and will be removed in a future ..."),
    ("torch.nuclear_norm(torch.eye(2))", "at::nuclear_norm is deprecated and it is just left for JIT compatibility. ..."),
    ("torch.set_default_tensor_type(torch.FloatTensor)", "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1 ..."),
    (
        "F.softmax(torch.ones(2))",
        "Implicit dimension choice for softmax has been deprecated. Change the call to include dim=X as an argument.",
    ),
    ("F.affine_grid(torch.ones(1, 2, 3), (1, 1, 2, 2))", "Default grid_sample and affine_grid behavior has changed to ..."),
    (
        "F.affine_grid(torch.ones(1, 2, 3), (1, 1, 1, 2), align_corners=True)",
        "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. ...",
    ),
    ("torch.nn.NLLLoss2d()", "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement ..."),
    ("torch.cuda.amp.autocast(enabled=False)", "`torch.cuda.amp.autocast(args...)` is deprecated. ..."),
    (
        "torch.utils.checkpoint.checkpoint_sequential([torch.nn.ReLU()], 1, torch.ones(2))",
        "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. ...",
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def each_time():
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


def names():
    read_only = np.zeros(2, np.float32)
    read_only.flags.writeable = False
    leaf = torch.ones(2, requires_grad=True)
    return {"torch": torch, "F": F, "read_only": read_only, "leaf": leaf}


def heard(expression, action="always"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        eval(compile("\n\n" + expression, "the program", "eval"), names())
    return caught


@pytest.mark.parametrize("expression, text", CASES)
def test_text_and_line_are_pytorchs(expression, text):
    (warning,) = heard(expression)
    said = str(warning.message)
    assert " ".join(said.split()).startswith(text[:-4]) if text.endswith(" ...") else said == text
    assert warning.category in (UserWarning, FutureWarning)
    assert (warning.filename, warning.lineno) == ("the program", 3)


@pytest.mark.parametrize("expression, text", CASES[:9])
def test_a_warning_that_is_an_error_comes_out_of_the_op(expression, text):
    with pytest.raises(UserWarning) as raised:
        heard(expression, "error")
    assert str(raised.value) == text


def test_an_op_in_place_that_failed_so_can_be_called_again():
    x = torch.zeros(2)
    mask = torch.tensor([1, 0], dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="dtype torch.uint8"):
            x[mask] = torch.ones(1)
    assert x.tolist() == [0, 0] and x._version == 0
    with pytest.warns(UserWarning, match="dtype torch.uint8"):
        x[mask] = torch.ones(1)
    assert x.tolist() == [1, 0]


@pytest.mark.parametrize(
    "call, first, second",
    [
        (lambda x, a, b: torch.nn.MultiheadAttention(4, 2)(x, x, x, attn_mask=a, key_padding_mask=b), "key_padding_mask",
         "attn_mask"),
        (lambda x, a, b: torch.nn.TransformerEncoderLayer(4, 2)(x, src_mask=a, src_key_padding_mask=b),
         "src_key_padding_mask", "src_mask"),
        (lambda x, a, b: torch.nn.TransformerDecoderLayer(4, 2)(x, x, tgt_mask=a, tgt_key_padding_mask=b),
         "key_padding_mask", "attn_mask"),
        (lambda x, a, b: torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(4, 2), 1, enable_nested_tensor=False)(
            x, mask=a, src_key_padding_mask=b), "src_key_padding_mask", "mask"),
    ],
)  # fmt: skip
def test_masks_of_two_dtypes_are_warned_of_once_a_call(call, first, second):
    x, numbers, hidden = torch.ones(2, 1, 4), torch.zeros(2, 2), torch.zeros(1, 2, dtype=torch.bool)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(x, numbers, hidden)
        call(x, numbers, hidden.float())
    assert [str(w.message) for w in caught] == [MASKS.format(first, second)]


def test_some_are_given_once_in_a_process():
    program = (
        "import warnings, relume as torch\n"
        "warnings.simplefilter('always')\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    for always in (False, True):\n"
        "        torch.set_warn_always(always)\n"
        "        assert torch.is_warn_always_enabled() is always\n"
        "        for _ in range(3): torch.ones(3).T, torch.ones(1).var(), torch.meshgrid(torch.ones(1))\n"
        "        print(len([w for w in caught if 'x.T' in str(w.message)]), len(caught))\n"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["1", "5", "4", "14"]


def test_h_is_of_matrices_alone():
    assert torch.ones(2, 3).H.shape == (3, 2) and torch.ones(4, 2, 3).mH.shape == (4, 3, 2)
    with pytest.raises(RuntimeError, match=r"tensor.H is only supported on matrices \(2-D tensors\). Got 1-D tensor.$"):
        torch.ones(2).H
    with pytest.raises(RuntimeError, match="Got 3-D tensor. For batches of matrices, consider using tensor.mH"):
        torch.ones(2, 2, 2).H
    for name in ("mT", "mH"):
        with pytest.raises(RuntimeError, match=f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D"):
            getattr(torch.ones(2), name)
