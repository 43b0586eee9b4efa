#!/usr/bin/env python3
"""Every code block of README.md is true: programs compile, run and print what is shown; goals and options exist.

Usage: readme_test.py --prefix INSTALLED [--compiler CXX] [--readme FILE]
  cpp    a whole program, or a fragment that is put into main(); a `text` block that follows is what it prints
  cmake  a CMakeLists.txt, configured and built with the first program as main.cc
  sh     `make` goals must exist; options of `relume` must be in its --help; other commands are left alone
  python a whole program, run by python/tests/test_readme.py where the Python package is built
"""

import argparse
import dataclasses
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FRAGMENT = "#include <relume/relume.h>\n#include <iostream>\nusing namespace relume;\nint main() {{\n{}\n}}\n"


@dataclasses.dataclass
class Block:
    line: int
    language: str
    text: str
    shown: str = ""


def blocks_of(text):
    """The code blocks, each with the text block that directly follows it as its shown output."""
    blocks = []
    for match in FENCE.finditer(text):
        block = Block(text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2))
        if block.language == "text" and blocks:
            blocks[-1].shown = block.text
        else:
            blocks.append(block)
    return blocks


class Readme(unittest.TestCase):
    arguments: argparse.Namespace

    def setUp(self):
        self.prefix = pathlib.Path(self.arguments.prefix)
        self.blocks = blocks_of(pathlib.Path(self.arguments.readme).read_text(encoding="utf-8"))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def of_language(self, language):
        return [block for block in self.blocks if block.language == language]

    def succeed(self, command, **options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **options)
        self.assertEqual(done.returncode, 0, f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_each_language_has_a_rule(self):
        self.assertEqual({block.language for block in self.blocks} - {"cpp", "cmake", "sh", "python"}, set())

    def test_programs_print_what_is_shown(self):
        for number, block in enumerate(self.of_language("cpp")):
            source, program = self.folder / f"{number}.cc", self.folder / f"{number}"
            source.write_text(block.text if "int main(" in block.text else FRAGMENT.format(block.text))
            libraries = self.prefix / "lib"
            self.succeed([self.arguments.compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", source, "-o", program,
                          "-I", self.prefix / "include", "-L", libraries, "-lrelume", f"-Wl,-rpath,{libraries}"])
            printed = self.succeed([program], cwd=self.folder)
            if block.shown:
                self.assertEqual(printed.rstrip("\n"), block.shown.rstrip("\n"), f"the program in line {block.line}")

    def test_cmake_files_build(self):
        programs = [block.text for block in self.blocks if block.language == "cpp" and "int main(" in block.text]
        for number, block in enumerate(self.of_language("cmake")):
            project = self.folder / f"project{number}"
            project.mkdir()
            heading = "" if "project(" in block.text else "cmake_minimum_required(VERSION 3.16)\nproject(x CXX)\n"
            (project / "CMakeLists.txt").write_text(heading + block.text)
            (project / "main.cc").write_text(programs[0] if programs else "int main() {}\n")
            self.succeed(["cmake", "-S", project, "-B", project / "build", "-G", "Ninja",
                          f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={self.arguments.compiler}"])
            self.succeed(["cmake", "--build", project / "build"])

    def test_commands_exist(self):
        for block in self.of_language("sh"):
            for line in filter(None, block.text.splitlines()):
                words = shlex.split(line.split("#")[0])
                while words and re.fullmatch(r"\w+=\S*", words[0]):
                    words.pop(0)
                if words[:1] == ["make"]:
                    self.succeed(["make", "-n", *words[1:]], cwd=ROOT)
                elif words[:1] == ["relume"]:
                    usage = self.succeed([self.prefix / "bin" / "relume", words[1], "--help"])
                    for option in (word.split("=")[0] for word in words if word.startswith("--")):
                        self.assertIn(option, usage, line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--readme", default=str(ROOT / "README.md"))
    Readme.arguments = parser.parse_args()
    unittest.main(argv=sys.argv[:1])
