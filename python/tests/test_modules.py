"""nn.Module from Python: registration, state, hooks, printing, copies."""

import copy
import pickle

import pytest
import relume as torch
from relume import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.act = nn.LeakyReLU(0.2)
        self.register_buffer("count", torch.zeros(1))
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, x):
        return self.act(self.fc(x)) * self.scale


def test_assignment_registers():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["scale", "fc.weight", "fc.bias"]
    assert [name for name, _ in net.named_modules()] == ["", "fc", "act"]
    assert list(net.state_dict()) == ["scale", "count", "fc.weight", "fc.bias"]
    del net.scale
    assert not hasattr(net, "scale")


def test_assignment_of_a_wrong_kind_is_refused():
    net = Net()
    with pytest.raises(TypeError, match="cannot assign 'torch.FloatTensor' as parameter 'scale'"):
        net.scale = torch.ones(3)
    with pytest.raises(TypeError, match="as child module 'fc'"):
        net.fc = 3


def test_assignment_before_init_is_refused():
    class Early(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Early()


def test_missing_attributes_are_named():
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'foo'"):
        Net().foo


def test_prints_its_children():
    assert repr(Net()) == (
        "Net(\n  (fc): Linear(in_features=4, out_features=3, bias=True)\n  (act): LeakyReLU(negative_slope=0.2)\n)"
    )
    assert repr(nn.ModuleList([nn.ReLU(), nn.ReLU()])) == "ModuleList(\n  (0-1): 2 x ReLU()\n)"


def test_load_state_dict_names_what_differs():
    net = Net()
    assert repr(net.load_state_dict(Net().state_dict())) == "<All keys matched successfully>"
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict({"fc.weight": torch.ones(1), "more": torch.ones(1)})
    text = str(caught.value)
    assert 'Missing key(s) in state_dict: "scale", "count", "fc.bias". ' in text
    assert 'Unexpected key(s) in state_dict: "more". ' in text
    assert "size mismatch for fc.weight: copying a param with shape torch.Size([1]) from checkpoint" in text


def test_hooks_see_and_replace():
    net, seen = Net(), []
    before = net.register_forward_pre_hook(lambda module, args: (args[0] * 0,))
    after = net.register_forward_hook(lambda module, args, output: seen.append(args[0].sum().item()))
    back = net.fc.register_full_backward_hook(lambda module, into, out: seen.append([g.shape for g in into + out]))
    net(torch.ones(2, 4, requires_grad=True)).sum().backward()
    assert seen == [0, [torch.Size([2, 4]), torch.Size([2, 3])]]
    for handle in (before, after, back):
        handle.remove()
    net(torch.ones(2, 4)).sum().backward()
    assert len(seen) == 2


def test_errors_in_forward_and_hooks_surface():
    net = Net()
    with pytest.raises(RuntimeError):
        net(torch.ones(2, 5))
    net.register_forward_hook(lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        net(torch.ones(2, 4))


def test_inplace_modules_return_their_argument():
    x = torch.tensor([-1.0, 1.0])
    assert nn.ReLU(inplace=True)(x) is x and x.tolist() == [0, 1]


def test_copies_and_pickles():
    net = Net()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other.fc.weight is not net.fc.weight and isinstance(other.fc.weight, nn.Parameter)
        assert other.fc.weight.equal(net.fc.weight) and repr(other) == repr(net)


def test_train_and_eval_reach_all_modules():
    net = Net().eval()
    assert not net.training and not net.act.training and net.train().act.training


def test_converts_parameters_and_buffers():
    net = Net().double()
    assert net.scale.dtype is torch.float64 and net.count.dtype is torch.float64
    assert net.to(torch.float32).fc.weight.dtype is torch.float32


def test_sequential_is_a_list():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    assert len(net) == 2 and isinstance(net[-1], nn.ReLU) and len(net[:1]) == 1
    net.append(nn.ReLU6()).insert(0, nn.Identity())
    assert [type(module).__name__ for module in net] == ["Identity", "Linear", "ReLU", "ReLU6"]
    with pytest.raises(IndexError):
        net[9]


def test_handles_of_hooks_have_their_type():
    from relume.utils.hooks import RemovableHandle

    x = torch.ones(1, requires_grad=True)
    handles = [Net().register_forward_hook(print), x.register_hook(lambda grad: None)]
    assert all(isinstance(handle, RemovableHandle) for handle in handles)
    assert RemovableHandle.__module__.endswith("utils.hooks")


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
@pytest.mark.parametrize("orthogonal_map", [None, "matrix_exp", "cayley", "householder"])
def test_orthogonal_keeps_a_weight_orthonormal_while_it_trains(shape, orthogonal_map):
    torch.manual_seed(0)
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(shape[1], shape[0]), orthogonal_map=orthogonal_map)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    before = layer.weight.detach().clone()
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.randn(5, shape[1])).pow(2).mean().add(layer.weight.sum()).backward()
        optimizer.step()
    w = layer.weight.detach()
    product = w @ w.T if shape[0] <= shape[1] else w.T @ w
    assert torch.allclose(product, torch.eye(min(shape)), atol=1e-5) and not torch.allclose(w, before)


@pytest.mark.parametrize("dim, name", [(0, "WeightNormInterfaceBackward0"), (-1, "MulBackward0"), (None, "MulBackward0")])
def test_weight_norm_along_an_end_is_one_op(dim, name):
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2), dim=dim)
    assert layer.weight.grad_fn.name() == name


def test_orthogonal_reflects_what_is_not_square():
    torch.manual_seed(0)
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(5, 3))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        layer.weight.pow(3).sum().backward()
        optimizer.step()
    expected = [
        [-0.0571, -0.1707, -0.9738, -0.1233, -0.0645],
        [0.0381, -0.3344, 0.1676, -0.9227, 0.0850],
        [-0.1345, -0.9185, 0.1242, 0.3504, 0.0048],
    ]
    assert torch.allclose(layer.weight, torch.tensor(expected), atol=1e-4)
    original = [[-1, -0.3862, 0.1327, 0.1009, 0.2027], [0, -1, 0.4429, 0.0633, -0.0206], [0, 0, -1, -0.0133, 0.1222]]
    assert torch.allclose(layer.parametrizations.weight.original, torch.tensor(original), atol=1e-4)


@pytest.mark.parametrize("weight", [nn.init.orthogonal_(torch.empty(5, 3)), torch.eye(3), -torch.eye(2, 4)])
def test_reflections_give_back_what_they_were_made_of(weight):
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data = weight.clone()
    nn.utils.parametrizations.orthogonal(layer, orthogonal_map="householder", use_trivialization=False)
    assert torch.allclose(layer.weight, weight, atol=1e-6)


def test_attention_warns_of_masks_of_two_dtypes():
    x = torch.randn(4, 2, 8)
    attention = nn.MultiheadAttention(8, 2)
    hidden, mask = torch.zeros(2, 4).bool(), torch.zeros(4, 4)
    with pytest.warns(UserWarning, match="Support for mismatched key_padding_mask and attn_mask is deprecated"):
        attention(x, x, x, key_padding_mask=hidden, attn_mask=mask)
    layer = nn.TransformerEncoderLayer(8, 2, 16)
    with pytest.warns(UserWarning, match="Support for mismatched src_key_padding_mask and src_mask is deprecated"):
        layer(x, src_mask=mask, src_key_padding_mask=hidden)


@pytest.mark.parametrize("call, error, text", [
    (lambda: nn.BatchNorm1d(3, eps=0.0)(torch.ones(2, 3)), ValueError,
     "batch_norm eps must be positive during training, but got 0.0"),
    (lambda: nn.BatchNorm1d(3, eps=-1.0).eval()(torch.ones(2, 3)), ValueError,
     "batch_norm eps must be non-negative, but got -1.0"),
    (lambda: nn.HuberLoss(delta="1"), TypeError, "delta must be a float or int, got: <class 'str'>"),
    (lambda: nn.NLLLoss()(torch.ones(2, 3, 5), torch.ones(2, 4).long()), RuntimeError,
     r"Expected target size \[2, 5\], got \[2, 4\]"),
    (lambda: nn.NLLLoss()(torch.ones(2, 3, 5, 5), torch.ones(2, 5).long()), RuntimeError,
     r"only batches of spatial targets supported \(3D tensors\) but got targets of dimension: 2"),
    (lambda: nn.NLLLoss()(torch.ones(2, 3, 5, 5), torch.ones(2, 5, 4).long()), RuntimeError,
     r"size mismatch \(got input: \[2, 3, 5, 5\] , target: \[2, 5, 4\]"),
    (lambda: nn.NLLLoss()(torch.ones(2, 3), torch.tensor(1)), ValueError,
     r"Expected input batch_size \(2\) to match target batch_size \(0\)."),
    (lambda: nn.LSTM(4, 5, bias=1), TypeError, "bias should be of type bool, got: int"),
    (lambda: nn.GRU(4, 5, batch_first="no"), TypeError, "batch_first should be of type bool, got: str"),
    (lambda: nn.RNN(0, 5), ValueError, "input_size must be greater than zero"),
    (lambda: nn.LSTM(4, 5)(torch.ones(3, 2, 4).long()), ValueError,
     r"RNN input dtype \(torch.int64\) does not match weight dtype \(torch.float32\)"),
    (lambda: nn.functional.adaptive_avg_pool2d(torch.ones(1, 1, 4, 4), (1, 2, 3)), RuntimeError,
     "adaptive_avg_pool2d: output_size must be 2"),
    (lambda: nn.functional.adaptive_max_pool3d(torch.ones(1, 1, 4, 4, 4), (1, 2)), RuntimeError,
     "adaptive_max_pool3d: output_size must be 3"),
    (lambda: nn.functional.unfold(torch.ones(1, 1, 4, 4), (1, 2, 3)), RuntimeError, "expected kernel_size equals to 2, but got size 3"),
    (lambda: nn.functional.fold(torch.ones(1, 4, 4), (3, 3, 3), 2), RuntimeError, "expected output_size equals to 2, but got size 3"),
    (lambda: nn.ConvTranspose2d(1, 1, 3, 2)(torch.ones(1, 1, 2, 2), output_size=(9, 9, 9)), ValueError,
     r"ConvTranspose2D: for 4D input, output_size must have 2 or 4 elements \(got 3\)"),
    (lambda: nn.ConvTranspose2d(1, 1, 3, 2)(torch.ones(1, 1, 2, 2), output_size=(9, 9)), ValueError,
     r"\(for an input of torch.Size\(\[2, 2\]\)\)"),
])  # fmt: skip
def test_modules_refuse_what_does_not_fit(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_sdpa_kernel_is_a_choice_that_changes_nothing():
    from relume.nn.attention import SDPBackend, sdpa_kernel

    q = torch.randn(2, 3, 4)
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        inside = nn.functional.scaled_dot_product_attention(q, q, q)
    assert torch.equal(inside, nn.functional.scaled_dot_product_attention(q, q, q))
    with pytest.raises(AssertionError), sdpa_kernel(["MATH"]):
        pass


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_interpolate_is_differentiable_after_its_first_call_in_inference_mode(mode):
    x = torch.ones(1, 1, 5, 7)
    with torch.inference_mode():
        nn.functional.interpolate(x, scale_factor=3, mode=mode)
    x.requires_grad_()
    nn.functional.interpolate(x, scale_factor=3, mode=mode).sum().backward()
    assert abs(x.grad.sum().item() - 5 * 7 * 9) < 1e-3


def test_data_parallel_and_synchronized_batch_norm_on_one_device():
    layer = nn.Linear(2, 3)
    parallel = nn.DataParallel(layer)
    assert list(parallel.state_dict()) == ["module.weight", "module.bias"] and parallel.module is layer
    assert torch.equal(parallel(torch.ones(1, 2)), layer(torch.ones(1, 2)))
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm1d(2), nn.ReLU()))
    model[0].running_mean.fill_(2)
    made = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert type(made[0]) is type(made[1][0]) is nn.SyncBatchNorm and made[0].weight.requires_grad
    assert torch.equal(made[0].running_mean, torch.full((3,), 2.0)) and made[0](torch.randn(2, 3, 4, 4)).shape == (2, 3, 4, 4)


def test_a_name_that_is_assigned_anew_keeps_its_place():
    layer = nn.Linear(2, 2)
    layer.weight = nn.Parameter(torch.ones(2, 2))
    assert list(layer.state_dict()) == ["weight", "bias"]
    layer.weight = None
    assert [name for name, _ in layer.named_parameters()] == ["bias"]
    layer.register_buffer("first", torch.zeros(1))
    layer.register_buffer("second", torch.zeros(1))
    layer.first = nn.Buffer(torch.ones(1))
    assert [name for name, _ in layer.named_buffers()] == ["first", "second"]


@pytest.mark.parametrize("norm_first", [False, True])
def test_an_encoder_leaves_out_padding_in_evaluation(norm_first):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=norm_first)
    if norm_first:
        with pytest.warns(UserWarning, match="because encoder_layer.norm_first was True"):
            encoder = nn.TransformerEncoder(layer, 2).eval()
    else:
        encoder = nn.TransformerEncoder(layer, 2).eval()
    x, padding = torch.randn(2, 3, 8), torch.tensor([[False, False, True], [False] * 3])
    recorded = encoder(x, src_key_padding_mask=padding)
    with torch.no_grad():
        padded = encoder(x, src_key_padding_mask=padding)
        scattered = encoder(x, src_key_padding_mask=padding.flip(1))
    assert torch.equal(padded[~padding], recorded[~padding]) and (recorded[padding] != 0).all()
    assert bool((padded[padding] == 0).all()) is not norm_first and (scattered != 0).all()


def test_warnings_that_pytorch_gives():
    x = torch.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="it is recommended to use sourceTensor.detach"):
        torch.tensor(x)
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        torch.autograd.detect_anomaly()


def test_switches_of_backends():
    from relume.backends import cudnn

    assert cudnn.enabled and cudnn.version() is None and not torch.backends.cudnn.is_available()
    with cudnn.flags(enabled=False, benchmark=True):
        assert not cudnn.enabled and cudnn.benchmark
    assert cudnn.enabled and not cudnn.benchmark
    torch.backends.cuda.enable_flash_sdp(False)
    assert not torch.backends.cuda.flash_sdp_enabled() and torch.backends.cuda.math_sdp_enabled()
    torch.backends.cuda.enable_flash_sdp(True)


def test_lstm_under_autocast():
    lstm, x = nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3)
    with torch.autocast("cpu"):
        output, (h, c) = lstm(x)
    assert {output.dtype, h.dtype, c.dtype} == {torch.bfloat16}
    assert torch.allclose(output.float(), lstm(x)[0], atol=0.02)
    output.float().sum().backward()
    assert lstm.weight_ih_l0.grad.dtype is torch.float32


def test_names_that_annotations_and_scripts_use():
    from relume.nn.common_types import _size_2_t
    from relume.nn.modules.utils import _ntuple, _pair
    from relume.types import Device, Number
    from relume.utils.dlpack import from_dlpack, to_dlpack

    assert _ntuple(2)(3) == _pair(3) == (3, 3) and _pair((1, 2)) == (1, 2) and _pair.__name__ == "_pair"
    assert int in _size_2_t.__args__ and float in Number.__args__ and torch.device in Device.__args__
    x = torch.arange(3)
    shared = from_dlpack(to_dlpack(x))
    shared[0] = 7
    assert x[0] == 7 and not torch.cuda.is_bf16_supported() and torch.cuda.memory_reserved() == 0


def test_functions_of_ones_own_under_autocast():
    seen = []

    class Square(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
        def forward(ctx, x):
            ctx.save_for_backward(x)
            seen.append((x.dtype, torch.is_autocast_enabled()))
            return x * x

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, grad):
            seen.append(torch.is_autocast_enabled())
            return 2 * ctx.saved_tensors[0] * grad

    x = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
    with torch.autocast("cpu"):
        y = Square.apply(x)
    y.sum().backward()
    assert seen == [(torch.float32, False), False] and x.grad.tolist() == [2, 2]


def test_interpolation_of_bytes_rounds_and_stays_in_range():
    x = torch.arange(0, 144, 9, dtype=torch.uint8).view(1, 1, 4, 4)
    F = nn.functional
    assert F.interpolate(x, size=(2, 8), mode="bilinear").flatten().tolist()[:8] == [18, 20, 25, 29, 34, 38, 43, 45]
    assert F.interpolate(x, size=(7, 5), mode="bicubic").flatten().tolist()[:5] == [0, 1, 10, 18, 24]
    with pytest.raises(NotImplementedError, match="not implemented for 'Int'"):
        F.interpolate(x.int(), size=(2, 3), mode="bilinear")


def test_modules_that_hold_functions_can_be_pickled():
    layer = nn.TransformerEncoderLayer(4, 2, 8, activation=torch.nn.functional.gelu)
    copy = pickle.loads(pickle.dumps(layer))
    assert copy.activation is torch.nn.functional.gelu and repr(copy) == repr(layer)
    for function in (torch.nn.functional.relu, torch.sigmoid, torch.linalg.svd, torch.special.erf):
        assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize("sizes", [(5,), (2, 5), (2, 5, 3), (2, 5, 3, 4), (2, 5, 3, 4, 2)])
def test_losses_of_classes_have_pytorchs_nodes(sizes):
    target = torch.zeros(sizes[:1] + sizes[2:] if len(sizes) > 1 else ()).long()
    x = torch.ones(sizes, requires_grad=True)
    names = [nn.functional.nll_loss(x, target, reduction=reduction).grad_fn.name() for reduction in ("mean", "none")]
    flat = ["NllLossBackward0"] * 2
    assert names == (flat if len(sizes) < 3 else ["NllLoss2DBackward0", "NllLoss2DBackward0" if len(sizes) == 4 else "ViewBackward0"])


def test_names_that_scripts_import():
    from relume.nn.modules.module import _IncompatibleKeys
    from relume.nn.modules.transformer import _get_activation_fn, _get_clones
    from relume.nn.modules.utils import _reverse_repeat_tuple, consume_prefix_in_state_dict_if_present
    from relume.optim.optimizer import ParamsT, StateDict  # noqa: F401

    assert nn.Linear(1, 1).load_state_dict({}, strict=False) == _IncompatibleKeys(["weight", "bias"], [])
    assert len(_get_clones(nn.ReLU(), 2)) == 2 and _get_activation_fn("gelu") is nn.functional.gelu
    assert _reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)
    state = nn.DataParallel(nn.Linear(1, 1)).state_dict()
    consume_prefix_in_state_dict_if_present(state, "module.")
    nn.Linear(1, 1).load_state_dict(state)
    assert list(state._metadata) == [""]
    weight = nn.init._no_grad_fill_(torch.empty(2), 3.0)
    assert weight.tolist() == [3, 3]


def test_backward_hooks_see_gradients_of_outputs_alone():
    class Named(nn.Module):
        def forward(self, x):
            return {"y": x * 2}

    module, calls = Named(), []
    module.register_full_backward_hook(lambda *arguments: calls.append(arguments))
    x = torch.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="module output should be a Tensor or a tuple of Tensors"):
        y = module(x)["y"]
    y.sum().backward()
    assert not calls and x.grad.tolist() == [2, 2]
    hooked = nn.Linear(2, 2)
    hooked.register_full_backward_hook(lambda *arguments: None)
    y = hooked(torch.ones(1, 2))
    assert y.grad_fn.name() == "BackwardHookFunctionBackward"
    with pytest.raises(RuntimeError, match="Output 0 of BackwardHookFunction is a view and is being modified inplace"):
        y.add_(1)
