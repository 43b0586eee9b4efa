"""save() and load(): PyTorch's files, what is shared, what is refused, files that are broken."""

import collections
import gzip
import io
import os
import pathlib
import pickle
import random
import struct
import zipfile

import pytest
import relume as torch
from relume import safetensors

HERE = pathlib.Path(__file__).parent
DTYPES = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool uint16".split()


def saved(obj, **options):
    stream = io.BytesIO()
    torch.save(obj, stream, **options)
    return stream.getvalue()


def loaded(data, **options):
    return torch.load(io.BytesIO(data), **options)


@pytest.mark.parametrize("name", ["torch_zip.pt", "torch_legacy.pt"])
@pytest.mark.parametrize("weights_only", [True, False])
def test_reads_files_of_pytorch(name, weights_only):
    objects = torch.load(HERE / name, weights_only=weights_only)
    assert objects["turned"].stride() == (1, 3) and objects["row"].tolist() == [3, 4, 5]
    objects["base"][1] = 9
    assert objects["row"].tolist() == [9] * 3 and objects["turned"][0, 1].item() == 9
    assert [str(tensor.dtype) for tensor in objects["dtypes"]] == [f"torch.{name}" for name in DTYPES]
    assert [tensor.tolist() for tensor in objects["dtypes"][:9]] == [[1, 0, 2]] * 9
    assert type(objects["parameter"]) is torch.nn.Parameter and not objects["parameter"].requires_grad
    assert objects["requires_grad"].requires_grad and objects["empty"].shape == (0, 3)
    assert objects["values"] == (
        1, 2**80, 1.5, None, True, "tëxt", b"bytes", [1], {2: {3}}, torch.float16, torch.Size([1]),
    )  # fmt: skip
    assert objects["ordered"] == collections.OrderedDict(a=1)
    linear = torch.nn.Linear(2, 1)
    linear.load_state_dict(objects["state"])
    assert linear.bias.tolist() == pytest.approx([0.15])
    torch.optim.SGD(linear.parameters(), lr=0.1, momentum=0.9).load_state_dict(objects["optimizer"])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_comes_back_as_it_was(dtype, protocol):
    base = torch.arange(12).reshape(3, 4).to(getattr(torch, dtype))
    tensors = [base, base.t(), base[1:, ::2], base[0, 1], torch.empty(0, 2, dtype=base.dtype)]
    stream = io.BytesIO()
    torch.save(tensors, stream, pickle_protocol=protocol)
    for tensor, copy in zip(tensors, loaded(stream.getvalue())):
        assert copy.dtype == tensor.dtype and copy.shape == tensor.shape and copy.stride() == tensor.stride()
        assert copy.tolist() == tensor.tolist()


def test_shared_memory_is_written_once_and_stays_shared():
    base = torch.zeros(1000, 1000)
    data = saved({"all": base, "rows": base[10:20], "again": base})
    assert len(data) < 4_010_000
    back = loaded(data)
    back["all"].fill_(1)
    assert back["rows"].sum().item() == 10_000 and back["again"] is back["all"]


def test_entries_lie_as_pytorch_lays_them_out(tmp_path):
    torch.save({"a": torch.ones(3), "b": torch.ones(2)}, tmp_path / "my.model.pt")
    with zipfile.ZipFile(tmp_path / "my.model.pt") as archive, open(tmp_path / "my.model.pt", "rb") as file:
        assert archive.namelist() == ["my.model/" + name for name in (
            "data.pkl", ".format_version", ".storage_alignment", "byteorder", "data/0", "data/1", "version",
            ".data/serialization_id",
        )]  # fmt: skip
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            assert (info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4)))) % 64 == 0
            assert info.compress_type == zipfile.ZIP_STORED
        assert b"ctorch._utils\n_rebuild_tensor_v2\n" in archive.read("my.model/data.pkl")
        assert b"relume" not in archive.read("my.model/data.pkl")


def test_attributes_and_parameters_come_back():
    x, p = torch.ones(2), torch.nn.Parameter(torch.ones(2))
    x.note, p.note = "x", "p"
    back = loaded(saved([x, p]))
    assert (back[0].note, back[1].note, type(back[1])) == ("x", "p", torch.nn.Parameter)


def test_modules_need_trust():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    data = saved(model)
    with pytest.raises(pickle.UnpicklingError, match="Unsupported global: GLOBAL torch.nn.modules.container.Sequential"):
        loaded(data)
    x = torch.ones(1, 2)
    assert torch.equal(loaded(data, weights_only=False)(x), model(x))


class Settings:
    def __init__(self, size):
        self.size = size


def test_a_class_can_be_allowed():
    data = saved(Settings(3))
    with pytest.raises(pickle.UnpicklingError, match="was not an allowed global by default"):
        loaded(data)
    with torch.serialization.safe_globals([Settings]):
        assert loaded(data).size == 3
    assert torch.serialization.get_safe_globals() == []


class Evil:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def test_nothing_is_executed(tmp_path):
    mark = tmp_path / "mark"
    for call in ((os.mkdir, (str(mark),)), (eval, (f"open({str(mark)!r}, 'w')",)), (open, (str(mark), "w"))):
        with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
            loaded(saved([Evil(*call)]))
        assert not mark.exists()


def test_a_state_can_not_change_what_is_shared():
    for text in (b"\x80\x02ccollections\nOrderedDict\n}X\x01\x00\x00\x00aK\x01sb.", b"\x80\x02ctorch\nSize\n}b."):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("archive/data.pkl", text)
        with pytest.raises(pickle.UnpicklingError):
            loaded(stream.getvalue())


def test_memory_stays_in_the_file(tmp_path):
    path = tmp_path / "x.pt"
    torch.save({"a": torch.arange(1000), "none": torch.empty(0)}, path)
    back = torch.load(path, mmap=True)
    assert back["a"].sum().item() == 499500 and back["none"].numel() == 0
    back["a"].fill_(0)
    assert torch.load(path)["a"][-1].item() == 999


@pytest.mark.parametrize("place", ["cpu", torch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage])
def test_map_location(place):
    assert loaded(saved(torch.ones(2)), map_location=place).tolist() == [1, 1]


def test_there_is_no_gpu():
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        loaded(saved(torch.ones(2)), map_location="cuda")


def test_a_stream_may_begin_with_something_else():
    stream = io.BytesIO(b"head")
    stream.seek(4)
    torch.save(torch.ones(2), stream)
    stream.seek(4)
    assert torch.load(stream).tolist() == [1, 1]


def test_a_file_stays_whole_until_the_new_one_is(tmp_path):
    path = tmp_path / "x.pt"
    torch.save(torch.ones(2), path)
    os.chmod(path, 0o640)
    with pytest.raises(Exception, match="pickle"):
        torch.save([torch.ones(9), lambda: 0], path)
    assert torch.load(path).tolist() == [1, 1] and os.listdir(tmp_path) == ["x.pt"]
    os.symlink(path, tmp_path / "link.pt")
    torch.save(torch.zeros(2), tmp_path / "link.pt")
    assert torch.load(path).tolist() == [0, 0] and path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.pt").is_symlink()


@pytest.mark.parametrize("write, kind, text", [
    (lambda: torch.save(torch.ones(1), 3), AttributeError, "expected 'f' to be string, path, or a file-like object"),
    (lambda: torch.save(torch.ones(1), "/no/such/folder/x"), RuntimeError, "Parent directory /no/such/folder does not"),
    (lambda: torch.load("/no/such/file"), FileNotFoundError, "No such file"),
    (lambda: torch.load(3), AttributeError, "You can only torch.load from a file that is seekable"),
    (lambda: loaded(b""), EOFError, "Ran out of input"),
    (lambda: loaded(b"hello world"), pickle.UnpicklingError, "this is no file that save() wrote"),
    (lambda: saved([x := torch.ones(4), x.view(torch.int32)]), RuntimeError, "that view the same data as different types"),
])  # fmt: skip
def test_refuses(write, kind, text):
    with pytest.raises(kind) as error:
        write()
    assert text in str(error.value)


def test_broken_files_are_errors():
    data = saved({"a": torch.arange(40.0), "b": [1, "x", {2: torch.ones(3).half()}]})
    for size in range(0, len(data), 37):
        with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)):
            loaded(data[:size])
    changed = data.replace(struct.pack("<f", 7.0), struct.pack("<f", 8.0))
    with pytest.raises(RuntimeError, match="Bad CRC-32 for file 'archive/data/0'.*your checkpoint file is corrupted"):
        loaded(changed)


@pytest.mark.parametrize("source", ["zip", "legacy"])
def test_any_change_gives_an_error_or_an_object(source):
    data = (HERE / f"torch_{source}.pt").read_bytes()
    draw = random.Random(0)
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(draw.randint(1, 4)):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        try:
            loaded(bytes(changed))
        except (RuntimeError, EOFError, pickle.UnpicklingError, MemoryError):
            pass


def test_safetensors(tmp_path):
    tensors = {"a": torch.arange(6).reshape(2, 3).t(), "b": torch.ones(2, dtype=torch.bfloat16), "": torch.tensor(True)}
    safetensors.save_file(tensors, tmp_path / "x.safetensors", {"format": "pt"})
    back, metadata = safetensors.load_with_metadata(tmp_path / "x.safetensors")
    assert metadata == {"format": "pt"} and set(back) == set(tensors)
    assert all(torch.equal(back[name], tensors[name]) and back[name].dtype == tensors[name].dtype for name in tensors)
    assert safetensors.load(safetensors.save(tensors))["a"].tolist() == tensors["a"].tolist()
    with pytest.raises(FileNotFoundError):
        safetensors.load_file(tmp_path / "none")
    with pytest.raises(RuntimeError):
        safetensors.load(b"\xff" * 30)
    with pytest.raises(ValueError, match="Key `a` is invalid, expected torch.Tensor"):
        safetensors.save_file({"a": 1}, tmp_path / "y")


def test_builtins_are_named_as_programs_name_them_and_may_be_allowed():
    stream = io.BytesIO()
    torch.save([range(3), print], stream)
    stream.seek(0)
    with pytest.raises(pickle.UnpicklingError, match=r"GLOBAL range was not .*add_safe_globals\(\[range\]\)"):
        torch.load(stream)
    stream.seek(0)
    with torch.serialization.safe_globals([range, print]):
        assert torch.load(stream) == [range(3), print]


@pytest.mark.parametrize("function", [torch.relu, torch.nn.functional.relu, torch.nn.functional.gelu])
def test_functions_are_written_under_their_public_names(function):
    stream = io.BytesIO()
    torch.save(function, stream)
    assert b"torch" in stream.getvalue() and b"_C" not in stream.getvalue()
    stream.seek(0)
    assert torch.load(stream, weights_only=False) is function


def test_what_has_no_name_of_its_own_cannot_be_saved():
    class Local:
        pass

    with pytest.raises(AttributeError, match="Can't pickle local object 'test_what_has_no_name.*<locals>.Local'"):
        torch.save(Local(), io.BytesIO())
    Local.__qualname__ = "Nowhere"
    with pytest.raises(pickle.PicklingError, match="attribute lookup Nowhere on .* failed"):
        torch.save(Local(), io.BytesIO())


class TestOlderFormat:
    def test_is_written_as_pytorch_writes_it(self):
        x = torch.arange(4.0)
        state = {"weight": torch.nn.Parameter(torch.ones(2, 2)), "half": x.half(), "x": x, "view": x[1:3], "sizes": x.shape}
        data = saved(state, _use_new_zipfile_serialization=False)
        assert data.startswith(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.")
        back = loaded(data)
        assert {key: (value.tolist() if isinstance(value, torch.Tensor) else tuple(value)) for key, value in back.items()} == {
            "weight": [[1, 1], [1, 1]], "half": [0, 1, 2, 3], "x": [0, 1, 2, 3], "view": [1, 2], "sizes": (4,),
        }  # fmt: skip
        back["x"][1] = 7
        assert back["view"][0] == 7 and isinstance(back["weight"], torch.nn.Parameter)

    def test_several_objects_follow_each_other(self, tmp_path):
        with open(tmp_path / "two", "wb") as stream:
            for value in (1, 2):
                torch.save(torch.tensor([value]), stream, _use_new_zipfile_serialization=False)
        with open(tmp_path / "two", "rb") as stream:
            assert [torch.load(stream).item() for _ in range(2)] == [1, 2]

    def test_cannot_be_mapped(self, tmp_path):
        torch.save(torch.ones(2), tmp_path / "x", _use_new_zipfile_serialization=False)
        with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
            torch.load(tmp_path / "x", mmap=True)


def test_streams_that_are_less_than_files(tmp_path):
    with gzip.open(tmp_path / "x.gz", "wb") as stream:
        torch.save(torch.arange(3), stream)
    with gzip.open(tmp_path / "x.gz", "rb") as stream:
        assert torch.load(stream).tolist() == [0, 1, 2]

    class Seeking:
        def __init__(self, stream):
            self.read, self.readline, self.seek, self.tell = stream.read, stream.readline, stream.seek, stream.tell

    assert torch.load(Seeking(io.BytesIO(saved(torch.arange(3))))).tolist() == [0, 1, 2]


def test_contradicting_arguments_are_refused():
    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle_module is specified"):
        loaded(saved(1), pickle_module=pickle, weights_only=True)
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        loaded(saved(1), mmap=True)


def test_the_environment_can_trust_every_file(monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.warns(UserWarning, match="TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD detected"):
        assert loaded(saved(print)) is print
    with pytest.raises(pickle.UnpicklingError):
        loaded(saved(print), weights_only=True)


def test_unsafe_names_in_a_file_are_listed(tmp_path):
    torch.save([range(3), torch.ones(2), print, range(4)], tmp_path / "x")
    names = torch.serialization.get_unsafe_globals_in_checkpoint(tmp_path / "x")
    assert names == ["builtins.range", "builtins.print"]


def test_places_of_storages():
    storage = torch.ones(1).untyped_storage()
    assert torch.serialization.default_restore_location(storage, "cpu") is storage
    assert torch.serialization.location_tag(storage) == "cpu"
    with pytest.raises(RuntimeError, match=r"don't know how to restore data location of .* \(tagged with foo\)"):
        torch.serialization.default_restore_location(storage, "foo")


def test_data_may_be_skipped():
    buffer = io.BytesIO()
    with torch.serialization.skip_data():
        torch.save({"w": torch.ones(3)}, buffer)
    buffer.seek(0)
    assert torch.load(buffer)["w"].tolist() == [0, 0, 0]


def test_packages_say_where_storages_are(monkeypatch):
    monkeypatch.setattr(torch.serialization, "_packages", [])
    storage = torch.ones(2).untyped_storage()
    torch.serialization.register_package(30, lambda storage: "late", lambda storage, location: None)
    torch.serialization.register_package(5, lambda storage: None, lambda storage, place: 7 if place == "moon" else None)
    assert torch.serialization.location_tag(storage) == "late"
    assert torch.serialization.default_restore_location(storage, "moon") == 7
    assert torch.serialization.default_restore_location(storage, "cpu") is storage
