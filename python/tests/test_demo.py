"""python -m relume.demo: its numbers, its files, and what it says of bad input."""

import gzip
import io
import struct

import pytest
import relume as torch
from relume import demo, safetensors


@pytest.fixture
def data(tmp_path):
    """A folder with MNIST's four files: bright rows, a row a class; half of them packed."""
    folder = tmp_path / "data"
    folder.mkdir()
    for part, count, packed in (("train", 400, True), ("t10k", 60, False)):
        pixels, labels = bytearray(count * 784), bytearray(i % 10 for i in range(count))
        for i, label in enumerate(labels):
            start = i * 784 + 28 * (2 * label + 4)
            pixels[start : start + 28] = bytes([200 + i % 50]) * 28
        images = struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + pixels
        numbers = struct.pack(">4BI", 0, 0, 8, 1, count) + labels
        for name, contents in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", numbers)):
            opened = gzip.open(folder / f"{part}-{name}.gz", "wb") if packed else open(folder / f"{part}-{name}", "wb")
            with opened as file:
                file.write(contents)
    return folder


def test_trains_prints_and_saves(data, tmp_path, capsys):
    model = tmp_path / "model.safetensors"
    arguments = "--epochs 2 --batch-size 50 --threads 1".split()
    assert demo.main(["--data", str(data), "--save", str(model), *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"400 training and 60 test images from {data}" and "421,642 parameters, seed 0" in lines
    assert any(line.startswith("epoch 1/2:  25% 100/400 [") for line in lines)
    assert "epoch 2/2: 100.00 % of the test images right" in lines
    assert lines[-1] == f"saved {model}" and "9            100.0 %" in lines
    tensors, metadata = safetensors.load_with_metadata(model)
    assert set(tensors) == set(demo.make_network("relu").state_dict())
    assert metadata["writer"] == "relume train" and float.fromhex(metadata["learning_rate"]) == 1.5e-3


def test_says_what_is_wrong(data, capsys):
    assert demo.main(["--data", str(data / "nothing")]) == 1
    assert "there is no data set in" in capsys.readouterr().err
    assert demo.main(["--data", str(data), "--activation", "nothing"]) == 1
    assert capsys.readouterr().err == "relume.demo: there is no activation nothing\n"
    (data / "t10k-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\x09abc")
    assert demo.main(["--data", str(data)]) == 1
    assert "3 bytes, and its sizes say 9" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        demo.main(["--epochs", "0"])


def test_normalises_as_the_program_does(data):
    images = demo.Images(str(data), "t10k", 10)
    pixels, labels = images.batch(torch.tensor([3, 0]))
    assert pixels.shape == (2, 1, 28, 28) and pixels.dtype == torch.float32 and labels.tolist() == [3, 0]
    assert pixels[0, 0, 10, 5].item() == pytest.approx((203 / 255 - 0.2860) / 0.3530, rel=1e-6)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    bar = demo.ProgressBar("epoch 1/5", 1000, Terminal())
    assert "|" in bar.text(500, 0.5, 120) and "█" * 20 + " " * 20 in bar.text(500, 0.5, 120)
    assert len(bar.text(333, 0.25, 90)) <= 90 and "|" not in bar.text(500, 0.5, 20)
    bar.show(1000, 0.5)
    text = bar.stream.getvalue()
    assert text.startswith("\repoch 1/5: 100%") and text.endswith("loss=0.500]\x1b[K\n")
    assert (demo.clock(61), demo.clock(3725)) == ("01:01", "1:02:05")
