"""Evenly spaced numbers, as PyTorch rounds them."""

import pytest
import relume as torch


def test_whole_numbers_are_cut_from_float64():
    assert torch.linspace(-3, 7.5, 100000, dtype=torch.int64).sum().item() == 180000
    assert torch.linspace(-7, 20, 100, dtype=torch.int64)[30:37].tolist() == [1, 1, 1, 1, 2, 2, 2]
    assert torch.linspace(5.9, 1.2, 6, dtype=torch.int32).tolist() == [5, 4, 3, 2, 1, 1]
    assert torch.linspace(0.9, 4.1, 9, dtype=torch.uint8).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize(
    "dtype, steps, expected",
    [
        (torch.float16, 7, [0.0, 0.1666259765625, 0.333251953125, 0.5, 0.6669921875, 0.83349609375, 1.0]),
        (torch.bfloat16, 10,
         [0.0, 0.111328125, 0.22265625, 0.333984375, 0.4453125, 0.5546875, 0.6640625, 0.77734375, 0.890625, 1.0]),
    ],
)  # fmt: skip
def test_halves_round_every_step(dtype, steps, expected):
    assert torch.linspace(0, 1, steps, dtype=dtype).tolist() == expected


@pytest.mark.parametrize(
    "start, end, dtype, expected",
    [
        (0.1, 2.7, torch.float32, [1.258925437927246, 9.261188507080078, 68.12920379638672, 501.1872863769531]),
        (0.1, 2.7, torch.float16, [1.2587890625, 9.2578125, 68.0, 500.25]),
        (0.9, 3.9, torch.int64, [1, 10, 100, 1000]),
        (5, 0, torch.uint8, [160, 106, 46, 1]),
    ],
)
def test_powers_are_of_ends_in_their_dtype(start, end, dtype, expected):
    assert torch.logspace(start, end, 4, dtype=dtype).tolist() == expected


def test_few_steps():
    assert torch.linspace(1.5, -300, 0, dtype=torch.uint8).shape == torch.logspace(0, -300, 0, dtype=torch.uint8).shape == (0,)
    assert torch.linspace(1.5, -300, 1, dtype=torch.uint8).tolist() == [1]
    assert torch.logspace(0.9, 300, 1, dtype=torch.int32).tolist() == [7]
    for make in (torch.linspace, torch.logspace):
        with pytest.raises(RuntimeError, match="value cannot be converted to type uint8_t without overflow"):
            make(0, 300, 4, dtype=torch.uint8)
        with pytest.raises(RuntimeError, match="number of steps must be non-negative"):
            make(0, 1, -1)


def test_arange_of_int64_counts_in_whole_numbers():
    assert torch.arange(0.5, 3.7, 1.5, dtype=torch.int64).tolist() == [0, 1, 2]
    assert torch.arange(5, 0.5, -1, dtype=torch.int64).tolist() == [5, 4, 3, 2, 1]
    assert torch.arange(0.5, 3.7, 0.5, dtype=torch.int32).tolist() == [0] * 7
    for bounds in ((0.5, 3.7, 0.5), (0, 5, 0.5)):
        with pytest.raises(ValueError, match="step must be nonzero"):
            torch.arange(*bounds, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="invalid size, possible overflow?"):
        torch.arange(-(2**62), 2**62, 2**60)
    assert len(torch.arange(-(2**62), 2**62, 2**60, dtype=torch.float32)) == 8
    with pytest.raises(RuntimeError, match="value cannot be converted to type int64_t without overflow"):
        torch.arange(0, 1e30, 1e29, dtype=torch.int64)


@pytest.mark.parametrize("name", ["mse", "huber", "smooth_l1"])
def test_losses_refuse_two_masks(name):
    mask = torch.ones(2, dtype=torch.bool)
    with pytest.raises(NotImplementedError, match=f"\"{name}_cpu\" not implemented for 'Bool'"):
        getattr(torch.nn.functional, f"{name}_loss")(mask, mask)


def test_asarray_and_graphs():
    made = torch.tensor([1.0, 2.0], requires_grad=True) * 2
    plain = torch.asarray(made, requires_grad=False)
    assert not plain.requires_grad and plain.data_ptr() == made.data_ptr()
    assert torch.asarray(made, requires_grad=True) is made and torch.asarray(made) is made and torch.asarray([1.0], requires_grad=True).requires_grad


def test_storages_of_a_size():
    storage = torch.TypedStorage(5, dtype=torch.float64)
    assert torch.is_storage(storage) and storage.size() == 5 and storage.nbytes() == 40
    assert torch.TypedStorage(2).dtype == torch.float32


def test_denormal_numbers_can_count_as_zero():
    tiny = torch.full((100000,), 1e-310, dtype=torch.float64)
    try:
        assert torch.set_flush_denormal(True)
        assert (tiny * 1).count_nonzero() == 0
    finally:
        assert torch.set_flush_denormal(False)
    assert (tiny * 1).count_nonzero() == 100000


@pytest.mark.parametrize(
    "text, error",
    [
        ("foo", "Expected one of cpu, cuda, ipu, xpu, .* device type at start of device string: foo"),
        ("foo:1", "device type at start of device string: foo$"),
        ("float32", "Invalid device string: 'float32'"),
        (" cpu", "Invalid device string: ' cpu'"),
        ("", "Device string must not be empty"),
        ("meta", "Expected one of cpu, cuda device type at start of device string: meta"),
    ],
)
def test_what_is_no_device(text, error):
    with pytest.raises(RuntimeError, match=error):
        torch.device(text)
