#!/usr/bin/env python3
"""The program relume as its user meets it: commands, errors, Ctrl-C and all, on a small data set that is made here.

Usage: program_test.py PROGRAM
"""

import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

PROGRAM = ""


def idx(sizes, data):
    return bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + data


def bar(label, brightness=200, side=28):
    """An image of one bright row, whose height tells the class."""
    scale = side // 28
    rows = [bytes([brightness] * side) if row // scale == 2 * label + 4 else bytes(side) for row in range(side)]
    return b"".join(rows)


def png(side, pixels):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[i * side : (i + 1) * side] for i in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for half, count in (("train", 200), ("t10k", 50)):
            labels = [i % 10 for i in range(count)]
            images = b"".join(bar(label, 100 + 3 * i % 150) for i, label in enumerate(labels))
            (self.folder / f"{half}-images-idx3-ubyte").write_bytes(idx([count, 28, 28], images))
            (self.folder / f"{half}-labels-idx1-ubyte").write_bytes(idx([count], bytes(labels)))

    def start(self, *arguments):
        command = [PROGRAM, *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder)

    def run_program(self, *arguments, status=0):
        process = self.start(*arguments)
        printed, errors = process.communicate(timeout=600)
        self.assertEqual(process.returncode, status, printed + errors)
        return printed if status == 0 else errors

    def train(self, *arguments, status=0):
        common = ["train", "--data", self.folder, "--batch-size", 20, "--threads", 1]
        return self.run_program(*common, *arguments, status=status)

    def test_trains_then_predicts_png_and_idx(self):
        printed = self.train("--epochs", 12, "--save", "model")
        self.assertIn("test accuracy 100.00 %", printed)
        self.assertNotIn("\r", printed)  # no bar in a pipe
        (self.folder / "three.png").write_bytes(png(28, bar(3)))
        (self.folder / "large.png").write_bytes(png(56, bar(7, side=56)))
        (self.folder / "dark.png").write_bytes(png(28, bytes(255 - byte for byte in bar(5))))
        printed = self.run_program("predict", "model", "three.png", "large.png").splitlines()
        self.assertRegex(printed[0], r"^three.png: 3 \d")
        self.assertRegex(printed[1], r"^large.png: 7 \d")
        self.assertRegex(self.run_program("predict", "model", "dark.png", "--invert"), r"^dark.png: 5 \d")
        printed = self.run_program(
            "predict", "model", "t10k-images-idx3-ubyte", "--labels", "t10k-labels-idx1-ubyte", "--limit", 10)
        self.assertIn("10 of 10 right: 100.00 %", printed)

    def test_goes_on_after_ctrl_c_with_the_same_numbers(self):
        options = ["--data", self.folder, "--batch-size", 20, "--threads", 1, "--epochs", 15, "--activation", "rrelu"]
        self.run_program("train", *options, "--save", "unbroken")
        process = self.start("train", *options, "--save", "broken")
        for line in process.stdout:
            if line.startswith("epoch 2/15"):
                process.send_signal(signal.SIGINT)
                break
        printed, errors = process.communicate(timeout=600)
        self.assertEqual(process.returncode, 130, printed + errors)
        self.assertIn("go on with: relume train --resume broken.checkpoint --save broken", printed)
        self.assertFalse((self.folder / "broken").exists())
        self.run_program("train", "--resume", "broken.checkpoint", "--save", "broken", "--threads", 1)
        self.assertEqual((self.folder / "broken").read_bytes(), (self.folder / "unbroken").read_bytes())

    def test_compares_activations(self):
        printed = self.run_program(
            "compare", "--data", self.folder, "--epochs", 2, "--batch-size", 20, "--activations", "relu,tanh")
        table = printed[printed.index("activation ") :].splitlines()
        self.assertEqual(table[0].split(), ["activation", "accuracy", "time", "memory", "dead"])
        self.assertEqual([row.split()[0] for row in table[1:]], ["relu", "tanh"])
        for row in table[1:]:
            self.assertRegex(row, r"^\w+ +[\d.]+ % +\d+:\d\d +\d+ MiB +[\d.]+ %$")

    def test_says_in_one_line_what_is_wrong(self):
        (self.folder / "junk").write_bytes(b"junk")
        small = self.folder / "small"
        small.mkdir()
        for half in ("train", "t10k"):
            (small / f"{half}-images-idx3-ubyte").write_bytes(idx([3, 7, 7], bytes(147)))
            (small / f"{half}-labels-idx1-ubyte").write_bytes(idx([3], bytes(3)))
        (self.folder / "cut").write_bytes((self.folder / "t10k-images-idx3-ubyte").read_bytes()[:-1])
        self.train("--epochs", 1, "--save", "model")
        cases = [
            (["train", "--data", "/nowhere"], "there is no data set in /nowhere"),
            (["train", "--data", self.folder, "--epochs", 1, "--save", "/nowhere/model"], "cannot write /nowhere/model"),
            (["train", "--resume", "junk"], "junk: expected a safetensors file"),
            (["train", "--resume", "model"], "it has no epoch"),
            (["predict", "model", "t10k-images-idx3-ubyte", "--labels", "t10k-images-idx3-ubyte"], "expected bytes of size [N]"),
            (["predict", "model", "train-images-idx3-ubyte", "--labels", "t10k-labels-idx1-ubyte"],
             "50 labels for 200 images and more"),
            (["train", "--data", "small"], "images of 28 x 28 pixels, got sizes [3, 7, 7]"),
            (["predict", "junk", "cut"], "junk: expected a safetensors file"),
            (["predict", "model", "cut"], "cut: expected 39200 bytes of elements, got 39199"),
            (["predict", "model", "none.png"], "cannot open none.png: No such file or directory"),
            (["compare", "--data", self.folder, "--activations", "relu,rely"], "there is no activation rely"),
        ]
        for arguments, message in cases:
            errors = self.run_program(*arguments, status=1)
            self.assertIn(message, errors)
            self.assertEqual(len(errors.splitlines()), 1, errors)

    def test_finds_out_before_it_trains_that_it_cannot_save(self):
        for path, why in ((self.folder, "Is a directory"), ("/nowhere/model", "No such file or directory")):
            for option in ("--save", "--report"):
                process = self.start("train", "--data", self.folder, "--epochs", 1, option, path)
                printed, errors = process.communicate(timeout=600)
                self.assertEqual((process.returncode, printed), (1, ""), errors)
                self.assertEqual(errors, f"relume: cannot write {path}: {why}\n")

    def test_a_full_disk_is_an_error(self):
        self.assertIn("cannot write /dev/full: No space left", self.train("--epochs", 1, "--save", "/dev/full", status=1))
        with open("/dev/full", "w") as full:
            command = [PROGRAM, "train", "--data", self.folder, "--epochs", "1", "--no-save"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "relume: cannot write to the standard output\n"))

    def test_refuses_options_out_of_range(self):
        cases = [
            ["train", "--epochs", "0"], ["train", "--activation", "rely"], ["train", "--what"], [],
            ["train", "--threads", "-1"], ["train", "--test-images", "-1"], ["compare", "--threads", "-1"],
            ["predict", "model", "picture.png", "--limit", "-1"],
        ]
        for arguments in cases:
            process = self.start(*arguments)
            _, errors = process.communicate(timeout=60)
            self.assertGreater(process.returncode, 0)
            self.assertTrue(errors)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
