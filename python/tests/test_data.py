"""utils.data: PyTorch's orders for the same seeds, collating, and workers that fail, die or are left alone."""

import collections
import gc
import json
import os
import pathlib
import random
import signal
import subprocess
import sys

import pytest
import relume as torch
from loader_cases import loader_orders
from relume.utils import data
from relume.utils.data import DataLoader, default_collate

GOLDENS = json.loads(pathlib.Path(__file__).with_name("training_goldens.json").read_text())["loaders"]
Point = collections.namedtuple("Point", "x y")


@pytest.fixture(scope="module")
def orders():
    return loader_orders(torch)


@pytest.mark.parametrize("name", sorted(GOLDENS))
def test_orders_are_those_of_pytorch(orders, name):
    assert orders[name] == GOLDENS[name]


class Squares(data.Dataset):
    def __init__(self, size=10):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index * index


class Count(data.IterableDataset):
    def __init__(self, size):
        self.size = size

    def __iter__(self):
        info = data.get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return iter(range(first, self.size, step))


def listed(loader):
    return [batch.tolist() for batch in loader]


def test_batches_of_each_kind():
    assert listed(DataLoader(Squares(5), batch_size=2)) == [[0, 1], [4, 9], [16]]
    assert listed(DataLoader(Squares(5), batch_size=2, drop_last=True)) == [[0, 1], [4, 9]]
    assert listed(DataLoader(Squares(5), batch_sampler=[[4], [0, 2]])) == [[16], [0, 4]]
    assert listed(DataLoader(Squares(5), sampler=[3, 1])) == [[9], [1]]
    assert list(DataLoader(Squares(3), batch_size=None)) == [0, 1, 4]
    assert listed(DataLoader(Count(5), batch_size=2)) == [[0, 1], [2, 3], [4]]
    assert listed(DataLoader(Count(5), batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Count(3), batch_size=None)) == [0, 1, 2]
    assert len(DataLoader(Squares(5), batch_size=2)) == 3
    assert len(DataLoader(Squares(5), batch_size=2, drop_last=True)) == 2


def test_batches_made_at_once():
    class Together(Squares):
        def __getitems__(self, indices):
            return [-index for index in indices]

    assert listed(DataLoader(Together(3), batch_size=2)) == [[0, -1], [-2]]
    assert listed(DataLoader(data.Subset(Together(9), [7, 8]), batch_size=2)) == [[-7, -8]]


def test_data_sets_of_data_sets():
    joined = Squares(3) + Squares(2)
    assert list(joined[i] for i in range(len(joined))) == [0, 1, 4, 0, 1] and joined[-1] == 1
    assert list(Count(2) + Count(3)) == [0, 1, 0, 1, 2]
    stacked = data.StackDataset(number=[1, 2], text=["a", "b"])
    assert stacked[1] == {"number": 2, "text": "b"} and len(stacked) == 2
    rows = data.TensorDataset(torch.arange(3), torch.ones(3, 2))
    assert rows[2][0].item() == 2 and rows[2][1].tolist() == [1, 1] and len(rows) == 3


def test_collates_part_by_part():
    batch = default_collate([{"a": 1, "b": (2.0, "x"), "c": Point(torch.ones(2), b"y")}] * 2)
    assert batch["a"].tolist() == [1, 1] and batch["a"].dtype == torch.int64
    assert batch["b"][0].dtype == torch.float64 and batch["b"][1] == ("x", "x")
    assert type(batch["c"]) is Point and batch["c"].x.shape == (2, 2) and batch["c"].y == (b"y", b"y")
    assert default_collate([True, False]).dtype == torch.bool
    assert default_collate([[1, 2], [3, 4]])[0].tolist() == [1, 3]


def test_collates_numpy():
    numpy = pytest.importorskip("numpy")
    assert default_collate([numpy.ones(2, "f4"), numpy.zeros(2, "f4")]).dtype == torch.float32
    assert default_collate([numpy.float64(1), numpy.float64(2)]).dtype == torch.float64
    assert default_collate([numpy.int16(1)]).dtype == torch.int16
    converted = data.default_convert({"a": numpy.ones(2), "b": ["text", 3]})
    assert converted["a"].dtype == torch.float64 and converted["b"] == ["text", 3]
    with pytest.raises(TypeError, match="default_collate: batch must contain .*; found <U1"):
        default_collate([numpy.array(["a"])])


@pytest.mark.parametrize("batch, kind, text", [
    ([object()], TypeError, "found <class 'object'>"),
    ([None], TypeError, "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found"),
    ([[1, 2], [1]], RuntimeError, "each element in list of batch should be of equal size"),
    ([torch.ones(2), torch.ones(3)], RuntimeError, "stack expects each tensor to be equal size, but got [2] at entry 0"),
])  # fmt: skip
def test_refuses_to_collate(batch, kind, text):
    with pytest.raises(kind) as error:
        default_collate(batch)
    assert text in str(error.value)


@pytest.mark.parametrize("options, kind, text", [
    (dict(num_workers=-1), ValueError, "num_workers option should be non-negative"),
    (dict(timeout=-1), ValueError, "timeout option should be non-negative"),
    (dict(prefetch_factor=2), ValueError, "prefetch_factor option could only be specified in multiprocessing"),
    (dict(persistent_workers=True), ValueError, "persistent_workers option needs num_workers > 0"),
    (dict(batch_size=0), ValueError, "batch_size should be a positive integer value, but got batch_size=0"),
    (dict(batch_size=None, drop_last=True), ValueError, "batch_size=None option disables auto-batching"),
    (dict(sampler=[1], shuffle=True), ValueError, "sampler option is mutually exclusive with shuffle"),
    (dict(batch_sampler=[[1]], shuffle=True), ValueError, "batch_sampler option is mutually exclusive with"),
    (dict(num_workers=1, multiprocessing_context="x"), ValueError, "should specify a valid start method"),
])  # fmt: skip
def test_loader_refuses(options, kind, text):
    with pytest.raises(kind) as error:
        DataLoader(Squares(), **options)
    assert text in str(error.value)


def test_a_loader_stays_as_it_was_made():
    with pytest.raises(ValueError, match="batch_size attribute should not be set after DataLoader is initialized"):
        DataLoader(Squares()).batch_size = 3


def test_iterable_data_sets_order_themselves():
    for name, value in (("shuffle", True), ("sampler", [1]), ("batch_sampler", [[1]])):
        with pytest.raises(ValueError, match=f"expected unspecified {name} option, but got {name}="):
            DataLoader(Count(3), **{name: value})


# Worker processes.


def test_workers_share_an_iterable_data_set_and_may_stay():
    loader = DataLoader(Count(9), batch_size=2, num_workers=2, persistent_workers=True)
    for _ in range(2):
        assert sorted(sum(listed(loader), [])) == list(range(9))


class Everything(Squares):
    def __getitem__(self, index):
        info = data.get_worker_info()
        return {
            "tensor": torch.full((2, 3), index, dtype=torch.bfloat16), "text": "x" * index, "none": torch.empty(0, 2),
            "worker": info.id, "threads": torch.get_num_threads(), "random": random.random(),
        }  # fmt: skip


def test_what_workers_send_arrives():
    batches = list(DataLoader(Everything(6), batch_size=2, num_workers=2, worker_init_fn=lambda i: random.seed(i)))
    assert [batch["worker"].tolist() for batch in batches] == [[0, 0], [1, 1], [0, 0]]
    assert batches[2]["tensor"].tolist()[1] == [[5.0] * 3] * 2 and batches[2]["tensor"].dtype == torch.bfloat16
    assert batches[1]["text"] == ["xx", "xxx"] and batches[0]["none"].shape == (2, 0, 2)
    assert all(batch["threads"].tolist() == [1, 1] for batch in batches)
    assert batches[1]["random"][0].item() == random.Random(1).random()


def test_many_indices_and_large_batches_do_not_block():
    loader = DataLoader(data.TensorDataset(torch.arange(60000)), batch_size=20000, shuffle=True, num_workers=1)
    assert sum(batch[0].sum().item() for batch in loader) == 60000 * 59999 // 2


def test_workers_compute_after_the_parent_did():
    conv, x = torch.nn.Conv2d(3, 8, 3), torch.ones(8, 3, 64, 64)
    expected = conv(x)[0].sum().item()

    class Convolved(Squares):
        def __getitem__(self, index):
            with torch.no_grad():
                return conv(x)[index].sum().item()

    got = torch.cat(list(DataLoader(Convolved(4), num_workers=2)))
    assert got.tolist() == pytest.approx([expected] * 4, rel=1e-4)


class Failing(Squares):
    def __init__(self, act):
        super().__init__(8)
        self.act = act

    def __getitem__(self, index):
        if index == 5:
            self.act()
        return index


class TwoPartError(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)


def raiser(error):
    def act():
        raise error

    return act


@pytest.mark.parametrize("error, kind", [
    (ValueError("boom"), ValueError), (KeyError("boom"), KeyError), (TwoPartError("boom", 2), RuntimeError),
])  # fmt: skip
def test_errors_of_workers_surface_with_their_traceback(error, kind):
    with pytest.raises(kind) as caught:
        list(DataLoader(Failing(raiser(error)), batch_size=2, num_workers=2))
    text = str(caught.value)
    assert text.startswith(f"Caught {type(error).__name__} in DataLoader worker process 0.\nOriginal Traceback (most")
    assert "in __getitem__" in text and "boom" in text


def test_a_loader_goes_on_after_an_error():
    batches = iter(DataLoader(Failing(raiser(ValueError())), batch_size=2, num_workers=2))
    assert [next(batches).tolist(), next(batches).tolist()] == [[0, 1], [2, 3]]
    with pytest.raises(ValueError):
        next(batches)
    assert next(batches).tolist() == [6, 7]


def test_what_can_not_be_sent_is_an_error():
    loader = DataLoader(Squares(2), num_workers=1, collate_fn=lambda samples: lambda: samples)
    with pytest.raises(RuntimeError, match="Can't pickle local object|Can't get local object"):
        list(loader)


@pytest.mark.parametrize("act, text", [
    (lambda: os._exit(7), "exited unexpectedly with exit code 7"),
    (lambda: os.kill(os.getpid(), signal.SIGKILL), "is killed by signal: Killed"),
])  # fmt: skip
def test_a_worker_that_dies_is_an_error(act, text):
    with pytest.raises(RuntimeError) as error:
        list(DataLoader(Failing(act), num_workers=2))
    assert text in str(error.value) and "DataLoader worker (pid" in str(error.value)


def test_errors_of_worker_init_fn():
    with pytest.raises(RuntimeError, match="Caught RuntimeError in DataLoader worker process 0"):
        list(DataLoader(Squares(), num_workers=1, worker_init_fn=lambda i: raiser(RuntimeError("init"))()))


def test_a_worker_that_takes_too_long_is_an_error():
    read, _ = os.pipe()  # from which nothing will ever come
    with pytest.raises(RuntimeError, match="DataLoader timed out after 0.2 seconds"):
        list(DataLoader(Squares(), num_workers=1, timeout=0.2, worker_init_fn=lambda i: os.read(read, 1)))


def test_workers_end_when_nobody_listens():
    batches = iter(DataLoader(Squares(1000), num_workers=2))
    next(batches)
    processes = batches._workers.processes
    batches._workers.close()
    assert all(process.exitcode is not None for process in processes)


def test_a_program_ends_in_the_middle_of_an_epoch():
    script = (
        "import relume\nfrom relume.utils.data import DataLoader\n"
        "for persistent in (False, True):\n"
        "    loader = DataLoader(range(1000), num_workers=2, persistent_workers=persistent)\n"
        "    batches = iter(loader)\n    next(batches)\n"
        "print('done')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_workers_may_be_spawned(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import relume as torch\nfrom relume.utils.data import DataLoader, TensorDataset\n"
        "if __name__ == '__main__':\n"
        "    loader = DataLoader(TensorDataset(torch.arange(4)), 2, num_workers=1, multiprocessing_context='spawn')\n"
        "    print([batch[0].tolist() for batch in loader])\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("[[0, 1], [2, 3]]\n", "")


def test_epochs_with_workers_leave_no_files_open():
    loader = DataLoader(Squares(8), num_workers=2)
    list(loader)
    gc.collect()  # else files that earlier tests left may be closed meanwhile
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        next(iter(loader))
        list(loader)
    assert len(os.listdir("/proc/self/fd")) == before


def test_samplers_refuse():
    for make, text in (
        (lambda: data.RandomSampler([]), "num_samples should be a positive integer value, but got num_samples=0"),
        (lambda: data.WeightedRandomSampler([[1.0]], 1), "weights should be a 1d sequence but given weights have shape"),
        (lambda: data.random_split(range(3), [1, 1]), "Sum of input lengths does not equal the length of the input"),
        (lambda: data.DistributedSampler(range(3), 2, 2), "Invalid rank 2, rank should be in the interval [0, 1]"),
    ):
        with pytest.raises(ValueError) as error:
            make()
        assert text in str(error.value)
