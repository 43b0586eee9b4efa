#!/usr/bin/env python3
"""A benchmark whose PyTorch is missing or broken goes on without it, and says why."""

import argparse
import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import libraries  # noqa: E402
import run  # noqa: E402


def fake_python(folder, script):
    """A program that answers as the shell script does, whatever it is asked."""
    path = pathlib.Path(folder) / "python3"
    path.write_text("#!/bin/sh\n" + script + "\n")
    path.chmod(0o755)
    return path


class BrokenPyTorch(unittest.TestCase):
    ANSWERS = {
        "exit 1": "ended with 1",
        "echo No module named torch >&2; exit 3": "No module named torch",
        "kill -9 $$": "ended with -9",
        "true": "can't import torch",
        "echo hello": "can't import torch",
        "echo 5": "can't import torch",
        "echo '[1, 2, 3]'": "can't import torch",
        "echo '[\"1.0.0\", \"/nowhere\"]'": "has torch 1.0.0, and the figures are against",
    }

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assert_goes_on_without(self, python, why):
        """Adding libtorch leaves a benchmark that knows why it has none."""
        bench = run.Bench(argparse.Namespace(build=self.folder))
        said = io.StringIO()
        with unittest.mock.patch.dict(os.environ, TORCH_PYTHON=str(python)), contextlib.redirect_stderr(said):
            bench.add("libtorch", libraries.libtorch)
        self.assertIn(why, bench.missing["libtorch"])
        self.assertIn("Without libtorch: ", said.getvalue())
        self.assertEqual(bench.programs, {})

    def test_every_kind_of_answer(self):
        for script, why in self.ANSWERS.items():
            with self.subTest(script):
                self.assert_goes_on_without(fake_python(self.folder, script), why)

    def test_no_program_at_all(self):
        self.assert_goes_on_without(self.folder / "absent", "can't import torch")
        text = self.folder / "text"
        text.write_text("no program")
        self.assert_goes_on_without(text, "can't import torch")

    def test_a_wheel_without_its_headers(self):
        python = fake_python(self.folder, f"echo '[\"{libraries.TORCH_VERSION}\", \"/nowhere\"]'")
        self.assert_goes_on_without(python, "torch/torch.h")


if __name__ == "__main__":
    unittest.main()
