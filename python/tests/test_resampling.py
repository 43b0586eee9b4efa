"""Images in other sizes and padding by elements: PyTorch's numbers, NumPy's padding, layouts, gradients and errors."""

import itertools

import numpy as np
import pytest
import relume as torch
import relume.nn.functional as F

IMAGE = torch.arange(24.0).view(1, 1, 4, 6).sin()

# What PyTorch 2.13 makes of IMAGE.
RESIZED = [
    (dict(size=(3, 4), mode="bilinear", antialias=True),
     [0.242407, 0.805264, -0.003721, -0.866891, -0.05303, 0.788539, 0.266457, -0.768919, -0.342553, 0.683873, 0.506919,
      -0.585196]),
    (dict(size=(2, 5), mode="bicubic", antialias=True),
     [-0.038247, 0.866086, 0.695304, -0.369132, -0.969604, -0.510839, 0.55155, 0.932107, 0.114653, -0.84026]),
    (dict(size=(2, 3), mode="lanczos", antialias=True), [0.404501, 0.627563, -0.827044, -0.08309, 0.854028, -0.491934]),
    (dict(size=(5, 3), mode="bicubic"),
     [0.429974, 0.603246, -0.946928, 0.25895, 0.748648, -0.900507, 0.023315, 0.905028, -0.798881, -0.214027, 0.995134,
      -0.638755, -0.387913, 1.029475, -0.494299]),
    (dict(size=(5, 3), mode="bilinear", align_corners=True),
     [0.0, 0.525209, -0.958924, -0.209562, 0.656856, -0.989724, -0.407994, 0.760593, -0.980694, -0.590177, 0.834036,
      -0.932603, -0.750987, 0.8748, -0.84622]),
    (dict(scale_factor=(0.6, 1.3), mode="bilinear"),
     [-0.093138, 0.477744, 0.84598, 0.800498, 0.25855, -0.438903, -0.829244, -0.536573, 0.088988, 0.661507, 0.925161,
      0.663377, -0.035314, -0.62465]),
]  # fmt: skip


@pytest.mark.parametrize("arguments,expected", RESIZED, ids=lambda value: str(value)[:50])
def test_resized_images_have_pytorchs_numbers(arguments, expected):
    assert np.allclose(F.interpolate(IMAGE, **arguments).flatten().tolist(), expected, atol=2e-6)


MODES = [("nearest", 2), ("nearest-exact", 2), ("bilinear", 2), ("bicubic", 2), ("nearest", 3), ("trilinear", 3)]


@pytest.mark.parametrize("mode,rank", MODES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_layout_does_not_change_the_result_and_is_kept(mode, rank, dtype):
    torch.manual_seed(0)
    x = torch.randn(2, 5, *(3, 4, 5)[:rank]).to(dtype)
    last = x.contiguous(memory_format=torch.channels_last if rank == 2 else torch.channels_last_3d)
    size = (7, 3, 9)[:rank]
    plain, other = F.interpolate(x, size=size, mode=mode), F.interpolate(last, size=size, mode=mode)
    assert torch.equal(plain, other)
    assert other.stride(1) == 1 and plain.is_contiguous()
    odd = x.transpose(-1, -2).contiguous().transpose(-1, -2)
    assert torch.equal(F.interpolate(odd, size=size, mode=mode), plain)


@pytest.mark.parametrize("mode,rank", MODES + [("linear", 1)])
def test_the_gradient_is_the_transpose(mode, rank):
    torch.manual_seed(1)
    x = torch.randn(2, 3, *(3, 4, 2)[:rank], dtype=torch.float64, requires_grad=True)
    y = F.interpolate(x, scale_factor=1.7, mode=mode)
    other, weight = torch.randn_like(x), torch.randn_like(y)
    (grad,) = torch.autograd.grad(y, x, weight)
    assert np.isclose((grad * other).sum().item(), (F.interpolate(other, scale_factor=1.7, mode=mode) * weight).sum().item())


def test_nearest_takes_every_dtype():
    for dtype in (torch.uint8, torch.int16, torch.int64, torch.bool, torch.float16):
        x = torch.arange(6).view(1, 1, 2, 3).to(dtype)
        y = F.interpolate(x, size=(2, 6))
        assert y.dtype is dtype
        assert y[0, 0, 0].tolist() == [x[0, 0, 0, i // 2].item() for i in range(6)]


def test_a_given_scale_counts_and_not_the_sizes_quotient():
    x = torch.arange(4.0).view(1, 1, 4)
    assert F.interpolate(x, scale_factor=1.1).flatten().tolist() == [0, 0, 1, 2]
    assert F.interpolate(x.view(1, 1, 1, 4), scale_factor=1.1).flatten().tolist() == [0, 1, 2, 3]
    assert F.interpolate(x, scale_factor=1.1, recompute_scale_factor=True).flatten().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "arguments,kind,text",
    [
        (dict(size=(0, 3)), RuntimeError, "Input and output sizes should be greater than 0, but got input (H: 4, W: 6) output"),
        (dict(size=(2, 2), mode="nearest", antialias=True), ValueError, "Anti-alias option is restricted to bilinear, bicubic"),
        (dict(size=(2, 2), mode="lanczos"), ValueError, "Lanczos mode requires antialias=True"),
        (dict(size=(2, 2), mode="linear"), NotImplementedError, "Got 4D input, but linear mode needs 3D input"),
        (dict(size=(2, 2), mode="cubic"), NotImplementedError, "(got cubic)"),
        (dict(size=(2, 2), mode="nearest", align_corners=True), ValueError, "align_corners option can only be set"),
    ],
)
def test_what_cannot_be_resized_is_refused(arguments, kind, text):
    with pytest.raises(kind) as error:
        F.interpolate(IMAGE, **arguments)
    assert text in str(error.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.interpolate(IMAGE, size=(2**40, 1)),
        lambda: F.interpolate(IMAGE, size=(2**40, 2**40), mode="bilinear"),
        lambda: F.interpolate(IMAGE, size=(2**62, 1), mode="bicubic"),
        lambda: F.pad(IMAGE, (1, 1, 2**40, 1), mode="replicate"),
    ],
)
def test_results_that_are_too_large_are_refused_as_such(call):
    with pytest.raises(RuntimeError, match="out of memory|overflow"):
        call()


NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("mode", NUMPY_MODES)
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_padding_is_numpys(mode, batched, rank):
    shape = ((2, 3) if batched else (3,)) + (4, 5, 6)[:rank]
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    x = torch.from_numpy(array).requires_grad_()
    amounts = [0, 1, 2, 3]
    for pads in itertools.islice(itertools.product(amounts, repeat=2 * rank), 0, None, 7):
        y = F.pad(x, pads, mode=mode)
        ends = [(pads[2 * i], pads[2 * i + 1]) for i in range(rank)][::-1]
        expected = np.pad(array, [(0, 0)] * (len(shape) - rank) + ends, mode=NUMPY_MODES[mode])
        assert np.array_equal(y.detach().numpy(), expected)
        (counts,) = torch.autograd.grad(y.sum(), x)
        assert np.array_equal(counts.numpy().ravel(), np.bincount(expected.astype(int).ravel(), minlength=array.size))


def test_negative_padding_takes_elements_away():
    x = torch.arange(5.0).view(1, 1, 5)
    assert F.pad(x, (-1, 2), mode="reflect").flatten().tolist() == [1, 2, 3, 4, 3, 2]
    assert F.pad(x, (-2, 1), mode="replicate").flatten().tolist() == [2, 3, 4, 4]
    assert F.pad(x, (-1, 2), mode="circular").flatten().tolist() == [1, 2, 3, 4, 1, 2]
    assert F.pad(x, (-2, -3), mode="replicate").shape == (1, 1, 0)


@pytest.mark.parametrize(
    "shape,pads,mode,text",
    [
        ((1, 1, 3), (3, 0), "reflect", "Argument #4: Padding size should be less than the corresponding input dimension"),
        ((1, 1, 2, 3), (0, 0, 2, 0), "reflect", "Argument #6: Padding size should be less"),
        ((1, 1, 3), (4, 0), "circular", "Padding value causes wrapping around more than once."),
        ((1, 1, 3), (-3, 0), "circular", "Negative padding value is resulting in an empty dimension"),
        ((1, 1, 3), (-3, -1), "replicate", "Trying to create tensor with negative dimension -1: [1, 1, -1]"),
        ((2, 0, 3), (1, 1), "reflect", "other non-zero dimensions for input, but got: [2, 0, 3]"),
        ((1, 1, 3), (1,), "reflect", "Padding length must be divisible by 2"),
        ((3,), (1, 1, 1, 1), "constant", "Padding length should be less than or equal to two times the input dimension"),
    ],
)
def test_what_cannot_be_padded_is_refused(shape, pads, mode, text):
    with pytest.raises(RuntimeError) as error:
        F.pad(torch.zeros(shape), pads, mode=mode)
    assert text in str(error.value)


def test_points_between_pixels_check_their_arguments():
    x, grid = torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 1, 2)
    with pytest.raises(RuntimeError, match="expected scalar type Float but found Double"):
        F.grid_sample(x, grid.double(), align_corners=False)
    with pytest.raises(RuntimeError, match="dimension 2 being empty"):
        F.grid_sample(x[:, :, :0], grid, align_corners=False)
    assert torch.grid_sampler(x, grid, 0, 0, False).shape == (1, 1, 1, 1)


@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align_corners", [False, True])
def test_images_are_read_alike_with_and_without_a_gradient_of_the_points(padding_mode, align_corners):
    torch.manual_seed(4)
    for height, width, dtype in [(4, 6, torch.float32), (1, 1, torch.float32), (3, 1, torch.float64)]:
        image = torch.randn(2, 3, height, width, dtype=dtype, requires_grad=True)
        points = torch.randn(2, 5, 7, 2, dtype=dtype) * 1.5
        points[0, 0, :4, 0] = torch.tensor([-1.0, 1.0, float("nan"), float("inf")])
        results, gradients = [], []
        for grid in (points, points.clone().requires_grad_()):
            image.grad = None
            read = F.grid_sample(image, grid, padding_mode=padding_mode, align_corners=align_corners)
            (read * torch.arange(7.0)).sum().backward()
            results.append(read)
            gradients.append(image.grad)
        assert torch.equal(*results)
        assert torch.equal(*gradients)


def test_patches_have_pytorchs_numbers_order_and_gradients():
    image = torch.arange(1.0, 13.0).view(1, 3, 4).requires_grad_()
    columns = F.unfold(image, (2, 2), dilation=(1, 2), padding=(1, 0), stride=(2, 1))
    assert columns.tolist() == [
        [0.0, 0.0, 5.0, 6.0], [0.0, 0.0, 7.0, 8.0], [1.0, 2.0, 9.0, 10.0], [3.0, 4.0, 11.0, 12.0]
    ]  # fmt: skip
    assert columns.grad_fn.name() == "Im2ColBackward0"
    columns.sum().backward()
    assert torch.equal(image.grad, torch.ones(1, 3, 4))
    back = F.fold(columns.detach() * 2, (3, 4), (2, 2), dilation=(1, 2), padding=(1, 0), stride=(2, 1))
    assert torch.equal(back, image * 2)
    with pytest.raises(NotImplementedError, match="\"im2col_out_cpu\" not implemented for 'Long'"):
        F.unfold(image.long(), 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_patches_add_up_to_how_often_windows_hold_a_pixel(dtype):
    for kernel, dilation, padding, stride in itertools.product((1, 2, 3), (1, 2), (0, 1), (1, 2, 3)):
        arguments = dict(kernel_size=kernel, dilation=dilation, padding=padding, stride=stride)
        ones = torch.ones(2, 3, 6, 7, dtype=dtype)
        columns = F.unfold(ones.transpose(0, 1).contiguous().transpose(0, 1), **arguments)
        assert columns.sum() == F.fold(columns, (6, 7), **arguments).sum()
        assert columns.size(1) == 3 * kernel * kernel and columns.dtype == dtype
        assert torch.equal(columns[1], F.unfold(ones[1], **arguments))
