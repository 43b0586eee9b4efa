"""What programs do to a library by accident: signals, forks, threads, lying buffers and capsules, errors everywhere."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import traceback

import numpy as np
import pytest
import relume as torch
from relume import nn
from relume.autograd import Function


def run(program, **options):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False, **options
    )


class TestErrorsKeepTheirTraceback:
    def raised_in(self, call):
        """The functions of this file through which the error of call() passed."""
        with pytest.raises(ZeroDivisionError) as caught:
            call()
        return [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]

    def test_of_hooks(self):
        def failing_hook(grad):
            return 1 // 0

        x = torch.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(failing_hook)
        assert "failing_hook" in self.raised_in(lambda: y.sum().backward())
        assert x.grad is None

    def test_of_backward_of_a_function(self):
        class Failing(Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, grad):
                return inner_failure()

        def inner_failure():
            return 1 // 0

        x = torch.ones(2, requires_grad=True)
        frames = self.raised_in(lambda: Failing.apply(x).sum().backward())
        assert frames[-2:] == ["backward", "inner_failure"]

    def test_of_forward_of_a_function(self):
        class Failing(Function):
            @staticmethod
            def forward(ctx, x):
                return 1 // 0

        assert "forward" in self.raised_in(lambda: Failing.apply(torch.ones(2, requires_grad=True)))

    def test_of_forward_and_hooks_of_a_module(self):
        class Failing(nn.Module):
            def forward(self, x):
                return 1 // 0

        assert "forward" in self.raised_in(lambda: nn.Sequential(nn.ReLU(), Failing())(torch.ones(2)))
        layer = nn.Linear(2, 2)
        layer.register_full_backward_hook(lambda *args: 1 // 0)
        self.raised_in(lambda: layer(torch.ones(1, 2, requires_grad=True)).sum().backward())

    def test_of_numbers_that_are_none(self):
        class Liar:
            def __index__(self):
                return 1 // 0

        assert "__index__" in self.raised_in(lambda: torch.zeros(3)[Liar()])

    def test_and_the_library_works_afterwards(self):
        x = torch.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda grad: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            y.sum().backward()
        (x * 3).sum().backward()
        assert x.grad.tolist() == [3, 3] and torch.is_grad_enabled()


class TestThreads:
    def test_run_python_while_kernels_run(self):
        x = torch.ones(400, 400)
        seen = threading.Event()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1000)  # from here on another thread runs only where this one gives up the lock
        try:
            thread = threading.Thread(target=seen.set)
            thread.start()
            while not seen.is_set():
                x = torch.mm(x, x) / 400
        finally:
            sys.setswitchinterval(interval)
        thread.join()

    def test_have_a_grad_mode_each(self):
        modes = []
        with torch.no_grad():
            thread = threading.Thread(target=lambda: modes.append(torch.is_grad_enabled()))
            thread.start()
            thread.join()
            assert modes == [True] and not torch.is_grad_enabled()

    def test_train_at_the_same_time(self):
        results = {}

        def train(number):
            weight = torch.full((4, 4), float(number), requires_grad=True)
            for _ in range(200):
                weight.grad = None
                (torch.ones(2, 4) @ weight).relu().sum().backward()
            results[number] = weight.grad.tolist()

        threads = [threading.Thread(target=train, args=(number,)) for number in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(results[number] == [[2.0] * 4] * 4 for number in range(1, 5))


def test_an_interrupt_ends_a_long_backward_pass():
    program = """
import os, signal
import relume as torch
signal.signal(signal.SIGINT, signal.default_int_handler)
x = torch.ones(64, 64, requires_grad=True)
y = x
for _ in range(30000):
    y = y @ x / 64
y.register_hook(lambda grad: os.kill(os.getpid(), signal.SIGINT))
seen = []
x.register_hook(lambda grad: seen.append("finished"))
try:
    y.sum().backward()
except KeyboardInterrupt:
    seen.append("interrupted")
print(seen, x.grad)
"""
    done = run(program)
    assert done.stdout == "['interrupted'] None\n", done.stderr


FORKING = """
import os
import relume as torch
from relume import nn

def work():
    x = torch.ones(8, 3, 32, 32, requires_grad=True)
    y = nn.Conv2d(3, 16, 3)(x).relu().sum() + (torch.ones(300, 300) @ torch.ones(300, 300)).sum()
    y.backward()
    return x.grad.shape

{before}
child = os.fork()
if child == 0:
    ok = work() == (8, 3, 32, 32) and torch.get_num_threads() == 1
    os._exit(0 if ok else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), tuple(work()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("before", ["", "work()"], ids=["after import", "after a convolution"])
def test_a_forked_child_computes(before):
    done = run(FORKING.format(before=before))
    assert done.stdout == "0 (8, 3, 32, 32)\n", done.stderr


def test_tensors_may_outlive_the_interpreter():
    program = "import relume as t\nx = t.ones(2, requires_grad=True)\nx.me = x\nx.register_hook(print)\ny = (x * 2).sum()\n"
    done = run(program + "import builtins; builtins.kept = [x, y, y.grad_fn]\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestBuffers:
    @pytest.mark.parametrize(
        "array",
        [
            np.zeros(3, dtype=np.complex64),
            np.zeros(3, dtype=">f4"),
            np.zeros(3, dtype="U5"),
            np.zeros(3, dtype="M8[s]"),
            np.zeros(3, dtype=[("a", "f4"), ("b", "i4")]),
            np.array([object()]),
            np.zeros(3, dtype="V3"),
        ],
        ids=lambda array: str(array.dtype),
    )
    def test_of_other_types_are_refused(self, array):
        with pytest.raises(TypeError, match="can't convert np.ndarray of type"):
            torch.from_numpy(array)

    def test_of_every_dtype_share_their_memory(self):
        for dtype in "float32 float64 float16 int64 int32 int16 int8 uint8 uint16 bool".split():
            array = np.ones((2, 3), dtype=dtype)
            tensor = torch.from_numpy(array)
            assert tensor.dtype is getattr(torch, dtype) and tensor.numpy().dtype == dtype
            tensor.zero_()
            assert not array.any()

    def test_may_have_any_steps_forwards(self):
        base = np.arange(24.0).reshape(2, 3, 4)
        for array in (base[:, ::2], base.T, base[..., 1], np.broadcast_to(base[0, 0], (5, 4)), base[:0], np.array(3.0)):
            array = array.view() if array.flags.writeable else array.copy()
            assert torch.from_numpy(array).tolist() == array.tolist()

    @pytest.mark.parametrize(
        "array, text",
        [
            (np.arange(4)[::-1], "stride in the given numpy array is negative"),
            (np.zeros(3, dtype=[("a", "f4"), ("b", "u1")])["a"], "strides not a multiple of the element byte size"),
        ],
    )
    def test_with_impossible_steps_are_refused(self, array, text):
        with pytest.raises(ValueError, match=text):
            torch.from_numpy(array)

    def test_of_other_formats_are_refused(self):
        class Pair(ctypes.Structure):
            _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_float)]

        with pytest.raises((TypeError, ValueError, BufferError)):
            torch.frombuffer((Pair * 2)(), dtype=torch.float32, count=100)
        with pytest.raises(ValueError, match="must not be greater than actual buffer length"):
            torch.frombuffer(bytearray(4), dtype=torch.float32, count=2)

    def test_stay_alive_as_long_as_the_tensor(self):
        tensor = torch.from_numpy(np.full(1000, 7.0))
        array = torch.full((1000,), 5.0).numpy()
        other = memoryview(torch.full((3,), 2.0))
        np.zeros(10000).sum()
        assert tensor.sum().item() == 7000 and array.sum() == 5000 and other.tolist() == [2, 2, 2]

    def test_of_tensors_know_what_they_can_not_show(self):
        with pytest.raises(TypeError, match="Got unsupported ScalarType BFloat16"):
            torch.ones(2, dtype=torch.bfloat16).numpy()
        with pytest.raises(RuntimeError, match="requires grad"):
            memoryview(torch.ones(2, requires_grad=True))
        assert torch.ones(2, dtype=torch.bfloat16).tolist() == [1, 1]
        assert torch.ones(2, requires_grad=True).numpy(force=True).tolist() == [1, 1]
        assert bytes(torch.tensor([1, 2], dtype=torch.uint8)) == b"\1\2"
        with pytest.raises(BufferError):
            np.frombuffer(torch.ones(2, 3).t(), dtype=np.float32)

    def test_of_tensors_become_arrays(self):
        x = torch.arange(6.0).view(2, 3)
        assert np.asarray(x).base is not None and np.asarray(x.t()).strides == (4, 12)
        assert np.asarray(x, dtype=np.int32).tolist() == [[0, 1, 2], [3, 4, 5]]
        assert np.add(x.numpy(), 1).sum() == 21 and np.array(x).flags.owndata


class DLDevice(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLManagedTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", DLDevice),
        ("ndim", ctypes.c_int32),
        ("dtype", DLDataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


class Capsule:
    """A DLPack capsule around numbers of our choice; keeps the memory that it names."""

    def __init__(self, **lies):
        self.data = (ctypes.c_float * 4)(1, 2, 3, 4)
        self.shape = (ctypes.c_int64 * 1)(*lies.pop("shape", [4]))
        self.strides = (ctypes.c_int64 * 1)(*lies.pop("strides", [1]))
        fields = {
            "data": ctypes.addressof(self.data),
            "device": DLDevice(1, 0),
            "ndim": 1,
            "dtype": DLDataType(2, 32, 1),
            "shape": self.shape,
            "strides": self.strides,
        }
        fields.update(lies)
        self.managed = DLManagedTensor(**{key: value for key, value in fields.items() if value is not None})
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        self.capsule = new(ctypes.addressof(self.managed), b"dltensor", None)

    def __dlpack__(self, **options):
        return self.capsule


class TestCapsules:
    def test_of_numbers_are_read(self):
        source = Capsule()
        assert torch.from_dlpack(source).tolist() == [1, 2, 3, 4]
        source = Capsule(byte_offset=4, shape=[3])
        assert torch.from_dlpack(source).tolist() == [2, 3, 4]

    @pytest.mark.parametrize(
        "lies",
        [
            {"ndim": -1},
            {"ndim": 10**6},
            {"shape": [-4]},
            {"shape": [2**62]},
            {"data": None},
            {"dtype": DLDataType(2, 32, 4)},
            {"dtype": DLDataType(5, 64, 1)},
            {"dtype": DLDataType(77, 32, 1)},
            {"device": DLDevice(2, 0)},
            {"strides": [-1]},
        ],
        ids=str,
    )
    def test_that_lie_are_refused(self, lies):
        with pytest.raises((RuntimeError, ValueError)):
            torch.from_dlpack(Capsule(**lies))

    def test_that_are_none_are_refused(self):
        class NoCapsule:
            def __dlpack__(self, **options):
                return 3

        for thing in (NoCapsule(), 3, None, "text"):
            with pytest.raises((RuntimeError, TypeError, AttributeError)):
                torch.from_dlpack(thing)

    def test_go_both_ways_without_a_copy(self):
        for dtype in "float32 float64 float16 int64 int32 int16 int8 uint8 uint16 bool".split():
            tensor = torch.ones(2, 3, dtype=getattr(torch, dtype))
            array = np.from_dlpack(tensor)
            assert array.dtype == dtype and array.shape == (2, 3)
            back = torch.from_dlpack(array if array.flags.writeable else np.ones((2, 3), dtype=dtype))
            assert back.dtype is tensor.dtype and back.tolist() == tensor.tolist()
        strided = torch.arange(6.0).view(2, 3).t()
        assert np.from_dlpack(strided).tolist() == strided.tolist()
        bfloat = torch.ones(2, dtype=torch.bfloat16)
        assert torch.from_dlpack(bfloat).data_ptr() == bfloat.data_ptr()

    def test_of_tensors_that_require_grad_are_refused(self):
        with pytest.raises(BufferError, match="require gradient"):
            np.from_dlpack(torch.ones(1, requires_grad=True))

    def test_that_nobody_reads_free_their_tensor(self):
        for _ in range(1000):
            torch.ones(1000).__dlpack__()


class TestData:
    @pytest.mark.parametrize(
        "data, error, text",
        [
            ([[1, 2], [3]], ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
            ([[[1], [2]], [[3], 4]], TypeError, "not a sequence"),
            ([1, [2]], TypeError, "'list' object cannot be interpreted as an integer"),
            ([1.0, [2]], TypeError, "must be real number, not list"),
            ([1, "a"], TypeError, "new(): invalid data type 'str'"),
            ({"a": 1}, RuntimeError, "Could not infer dtype of dict"),
            ([2**70], ValueError, "Overflow when unpacking long"),
        ],
        ids=str,
    )
    def test_that_is_ragged_or_no_number_is_refused(self, data, error, text):
        with pytest.raises(error) as caught:
            torch.tensor(data)
        assert text in str(caught.value)

    def test_that_holds_itself_is_refused(self):
        endless = []
        endless.append(endless)
        with pytest.raises((ValueError, TypeError, RecursionError)):
            torch.tensor(endless)

    def test_that_changes_while_it_is_read_does_no_harm(self):
        class Shrinking(list):
            def __getitem__(self, index):
                self.clear()
                return 1

        items = Shrinking([1.0, 2.0, 3.0])

        class Number:
            def __float__(self):
                items.clear()
                return 1.0

            def __index__(self):
                items.clear()
                return 1

        items[:] = [1.0, Number(), 3.0]
        try:
            torch.tensor(items)
        except (TypeError, ValueError, IndexError, RuntimeError):
            pass

    def test_of_every_dtype_returns_as_lists(self):
        for dtype in "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 uint16 bool".split():
            values = torch.tensor([[0, 1], [1, 0]], dtype=getattr(torch, dtype)).tolist()
            assert values == [[0, 1], [1, 0]] and type(values[0][0]) is (
                float if "float" in dtype else bool if dtype == "bool" else int
            )
        assert torch.tensor(3).tolist() == 3 and torch.zeros(2, 0).tolist() == [[], []]


class TestIdentity:
    def test_hooks_attributes_and_class_survive_while_only_a_list_of_c_holds_the_tensor(self):
        class Named(torch.Tensor):
            pass

        calls = []
        x = torch.ones(2).as_subclass(Named).requires_grad_()
        x.note = ["kept"]
        x.register_hook(lambda grad: calls.append(grad.tolist()))
        y = (x * 3).sum()
        number = id(x.note)
        del x
        y.backward()
        node = y.grad_fn
        while node.next_functions:
            node = node.next_functions[0][0]
        leaf = node.variable
        assert calls == [[3, 3]] and type(leaf) is Named and id(leaf.note) == number

    def test_saved_tensors_are_the_same_objects(self):
        class Keeps(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * 2

            @staticmethod
            def backward(ctx, grad):
                assert ctx.saved_tensors[0] is x
                return grad * 2

        x = torch.ones(2, requires_grad=True)
        Keeps.apply(x).sum().backward()

    def test_weak_references_end_with_the_tensor(self):
        import weakref

        x = torch.ones(2)
        reference = weakref.ref(x)
        assert reference() is x
        del x
        assert reference() is None


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no SIGALRM here")
def test_a_handler_that_raises_ends_a_long_backward_pass_too():
    program = """
import signal
import relume as torch
class Late(Exception): pass
def late(*arguments): raise Late("handled")
signal.signal(signal.SIGUSR1, late)
x = torch.ones(16, requires_grad=True)
y = x
for _ in range(200000):
    y = y.sin()
y.register_hook(lambda grad: signal.raise_signal(signal.SIGUSR1))
try:
    y.sum().backward()
except Late as error:
    print(error, x.grad)
"""
    assert run(program).stdout == "handled None\n"


def test_calls_with_large_tensors_read_their_numbers_with_the_lock_held():
    x = torch.randn(128, 512)
    assert torch.cdist(x, x, p=1.5).shape == (128, 128)
    assert torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist").diagonal().abs().max() == 0
    with pytest.raises(ValueError, match="is not a valid value for compute_mode"):
        torch.cdist(x, x, compute_mode="fast")
    assert torch.special.polygamma(2, x.abs() + 1).shape == x.shape and x.polygamma(1).shape == x.shape
    assert torch.norm(x[:, :64], "nuc", dim=(0, 1), dtype=torch.float64).dtype is torch.float64
