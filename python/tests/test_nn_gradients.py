"""Gradients of what nn composes from ops, to the second order, against finite differences; and batches of nothing."""

import pytest
import relume as torch
from relume import nn
from relume.autograd import gradcheck, gradgradcheck

F = nn.functional


def x(*sizes):
    return torch.randn(*sizes, dtype=torch.float64).requires_grad_()


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


FUNCTIONS = {
    "rms_norm": (lambda a, w: F.rms_norm(a, (4,), w), [(3, 4), (4,)]),
    "local_response_norm": (lambda a: F.local_response_norm(a, 2), [(2, 4, 3)]),
    "bilinear": (lambda a: F.interpolate(a, scale_factor=1.7, mode="bilinear"), [(1, 2, 3, 3)]),
    "bicubic": (lambda a: F.interpolate(a, size=5, mode="bicubic"), [(1, 1, 3, 3)]),
    "grid_sample": (lambda a, g: F.grid_sample(a, g.tanh() * 0.8, align_corners=False), [(1, 1, 4, 4), (1, 2, 2, 2)]),
    "fold": (lambda a: F.fold(a, (4, 5), (2, 2)), [(1, 4, 12)]),
    "unfold": (lambda a: F.unfold(a, 2), [(1, 2, 3, 3)]),
    "reflect": (lambda a: F.pad(a, (1, 2), "reflect"), [(1, 2, 4)]),
    "circular": (lambda a: F.pad(a, (1, 2), "circular"), [(1, 2, 4)]),
    "attention": (lambda q, k, v: F.scaled_dot_product_attention(q, k, v), [(2, 3, 4), (2, 5, 4), (2, 5, 4)]),
    "multi_margin": (lambda a: F.multi_margin_loss(a, torch.tensor([0, 2])), [(2, 3)]),
    "ctc": (
        lambda a: F.ctc_loss(F.log_softmax(a, 2), torch.tensor([[1, 2], [1, 1]]), (4, 4), (2, 2)), [(4, 2, 3)],
    ),
    "cosine_embedding": (lambda a, b: F.cosine_embedding_loss(a, b, doubles([1.0, -1.0])), [(2, 3), (2, 3)]),
    "triplet": (lambda a, b, c: F.triplet_margin_loss(a, b, c), [(2, 3)] * 3),
    "gaussian": (lambda a, v: F.gaussian_nll_loss(a, torch.zeros_like(a), v.exp()), [(2, 3), (2, 3)]),
    "embedding_bag": (lambda w: F.embedding_bag(torch.tensor([[0, 1], [2, 2]]), w), [(3, 2)]),
    "adaptive_max_pool3d": (lambda a: F.adaptive_max_pool3d(a, 2), [(1, 3, 4, 4)]),
    "lp_pool1d": (lambda a: F.lp_pool1d(a.exp(), 2, 2), [(1, 2, 5)]),
    "pixel_shuffle": (lambda a: F.pixel_shuffle(a, 2), [(1, 4, 2, 2)]),
    "pdist": (F.pdist, [(4, 3)]),
    "lstm": (lambda a: nn.LSTM(3, 2).double()(a)[0], [(3, 2, 3)]),
    "gru": (lambda a: nn.GRU(3, 2).double()(a)[0], [(3, 2, 3)]),
    "encoder": (lambda a: nn.TransformerEncoderLayer(4, 2, 4, 0.0).double()(a), [(3, 2, 4)]),
    "instance_norm": (lambda a: nn.InstanceNorm1d(3).double()(a), [(2, 3, 4)]),
}  # fmt: skip


ONCE = {"ctc"}  # whose gradients have none, as PyTorch's


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_both_orders(name):
    function, sizes = FUNCTIONS[name]

    def seeded(*inputs):  # modules are drawn anew in each call
        torch.manual_seed(1)
        return function(*inputs)

    torch.manual_seed(2)
    inputs = tuple(x(*size) for size in sizes)
    assert gradcheck(seeded, inputs)
    if name in ONCE:
        with pytest.raises(NotImplementedError, match="is not implemented"):
            gradgradcheck(seeded, inputs)
    else:
        assert gradgradcheck(seeded, inputs)


EMPTY = {
    "Linear(3, 2)": ([0, 3], [0, 2]), "Conv2d(1, 2, 3)": ([0, 1, 5, 5], [0, 2, 3, 3]), "LayerNorm(3)": ([0, 3], [0, 3]),
    "MaxPool2d(2)": ([0, 1, 4, 4], [0, 1, 2, 2]), "Softmax(1)": ([0, 3], [0, 3]), "Dropout()": ([0, 3], [0, 3]),
    "Upsample(scale_factor=2)": ([0, 1, 2, 2], [0, 1, 4, 4]), "GroupNorm(1, 2)": ([0, 2, 3], [0, 2, 3]),
    "RMSNorm(3)": ([0, 3], [0, 3]), "PReLU()": ([0, 3], [0, 3]), "Unfold(2)": ([0, 1, 3, 3], [0, 4, 4]),
    "ReflectionPad1d(1)": ([0, 1, 3], [0, 1, 5]), "PixelShuffle(2)": ([0, 4, 2, 2], [0, 1, 4, 4]),
}  # fmt: skip


@pytest.mark.parametrize("made", EMPTY)
def test_batches_of_nothing(made):
    size, expected = EMPTY[made]
    result = eval(made, vars(nn))(torch.zeros(*size))
    assert list(result.shape) == expected


@pytest.mark.parametrize("padding", ["border", "reflection"])
def test_grid_sample_has_no_gradient_at_the_borders(padding):
    image = torch.arange(9.0).view(1, 1, 3, 3)
    grid = torch.tensor([[-1.0, 0.5], [1.0, -0.5], [0.5, 1.0], [0.5, 0.5]]).view(1, 1, 4, 2).requires_grad_()
    F.grid_sample(image, grid, padding_mode=padding, align_corners=True).sum().backward()
    assert grid.grad.view(4, 2).tolist() == [[0, 3], [0, 3], [1, 0], [1, 3]]


def test_attention_with_a_mask_that_is_causal_too():
    q = torch.arange(6.0).view(1, 1, 3, 2) / 6
    lower = torch.ones(3, 3, dtype=torch.bool).tril()
    for mask, both in (
        (torch.eye(3), torch.where(lower, torch.eye(3), float("-inf"))),
        (torch.tensor([False, True, True]), lower & torch.tensor([False, True, True])),
    ):
        result = F.scaled_dot_product_attention(q, q, q, attn_mask=mask, is_causal=True)
        torch.testing.assert_close(result, F.scaled_dot_product_attention(q, q, q, attn_mask=both))
    with pytest.raises(RuntimeError, match="Explicit attn_mask should not be set when is_causal=True"):
        F.scaled_dot_product_attention(q[0], q[0], q[0], attn_mask=lower, is_causal=True)
    with pytest.raises(RuntimeError, match="attn_mask dtype to be bool or float .* got attn_mask.dtype: long int"):
        F.scaled_dot_product_attention(q, q, q, attn_mask=lower.long())


def test_gradients_of_convolutions_as_functions():
    x, weight = torch.arange(12.0).view(1, 2, 6), torch.arange(12.0).view(3, 2, 2)
    grad = torch.ones(1, 3, 3)
    x.requires_grad_(), weight.requires_grad_()
    F.conv1d(x, weight, stride=2).backward(grad)
    assert torch.equal(nn.grad.conv1d_input(x.shape, weight, grad, stride=2), x.grad)
    assert torch.equal(nn.grad.conv1d_weight(x, weight.shape, grad, stride=2), weight.grad)
