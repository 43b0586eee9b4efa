"""python -m relume.demo: its numbers, its files, and what it says of bad input."""

import gzip
import io
import os
import signal
import struct

import pytest
import relume as torch
from relume import _pictures, demo, safetensors


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


def interrupt_after(monkeypatch, steps):
    """Makes the demo get a Ctrl-C after so many steps."""
    show, calls = demo.ProgressBar.show, []

    def counted(self, done, loss):
        calls.append(done)
        if len(calls) == steps:
            os.kill(os.getpid(), signal.SIGINT)
        show(self, done, loss)

    monkeypatch.setattr(demo.ProgressBar, "show", counted)


def test_an_interrupted_training_goes_on_with_the_same_numbers(data, tmp_path, capsys, monkeypatch):
    arguments = ["--data", str(data), "--epochs", "2", "--batch-size", "60", "--threads", "1"]
    whole, parts = str(tmp_path / "whole.safetensors"), str(tmp_path / "parts.safetensors")
    assert demo.main([*arguments, "--save", whole]) == 0
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 10)
        assert demo.main([*arguments, "--save", parts]) == demo.INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is before and not os.path.exists(parts)
    checkpoint = parts + ".checkpoint"
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == f"interrupted; go on with: python -m relume.demo --resume {checkpoint} --save {parts}"
    assert demo.main(["--resume", checkpoint, "--save", parts]) == 0
    assert "epoch 2/2:" in capsys.readouterr().out
    for name, value in safetensors.load_file(whole).items():
        assert torch.equal(value, safetensors.load_file(parts)[name]), name


def test_interrupted_without_a_file_says_so(data, capsys, monkeypatch):
    interrupt_after(monkeypatch, 2)
    assert demo.main(["--data", str(data), "--epochs", "1", "--batch-size", "50"]) == demo.INTERRUPTED
    assert capsys.readouterr().out.splitlines()[-1] == "interrupted"


def test_refuses_what_is_no_checkpoint_and_what_cannot_be_written(data, tmp_path, capsys):
    torch.save({"a": 1}, tmp_path / "other.pt")
    assert demo.main(["--resume", str(tmp_path / "other.pt")]) == 1
    assert "no checkpoint of this program: it has no epoch" in capsys.readouterr().err
    assert demo.main(["--data", str(data), "--save", str(tmp_path)]) == 1
    assert "Is a directory" in capsys.readouterr().err


def test_shows_dead_units_and_mistakes(data, capsys):
    arguments = "--epochs 1 --batch-size 200 --learning-rate 1e-9 --threads 1".split()
    assert demo.main(["--data", str(data), *arguments]) == 0
    out = capsys.readouterr().out
    assert ", dead units " in out and "\na few that it gets wrong\n" in out
    lines = out.splitlines()
    captions = next(i for i, line in enumerate(lines) if line.startswith("is: "))
    assert lines[captions + 1].startswith("seen as: ") and any("=" * 20 in line or "-" * 20 in line for line in lines[-16:])


def test_counts_dead_units(data):
    trainer = demo.Trainer(demo.parse([]))
    with torch.no_grad():
        trainer.network[0].bias[:8] = -1000  # of 32 + 64 + 128 units
    assert trainer.dead_share(demo.Images(str(data), "t10k", 20)) >= 8 / 224


def test_draws_with_half_blocks_or_characters():
    image = torch.tensor([[0, 255], [0, 255], [255, 255]], dtype=torch.uint8)
    plain = _pictures.draw([(image, ["ab", "c"]), (image, ["de"])], 80, False).splitlines()
    assert plain == [" @   @", "==  ==", "ab  de", "c"]
    assert len(_pictures.draw([(image, ["ab"]), (image, ["de"])], 5, False).splitlines()[0]) == 2  # one at least
    colours = _pictures.draw([(image, ["ab"])], 80, True)
    assert colours.startswith("\x1b[38;2;0;0;0m\x1b[48;2;0;0;0m\u2580\x1b[38;2;255;255;255m") and "\x1b[0m\n" in colours
