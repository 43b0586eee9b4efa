#!/usr/bin/env python3
"""Each rule of house_rules.py finds the breach that it is there for, in a small tree that has one of each."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

RULES = pathlib.Path(__file__).with_name("house_rules.py")


class HouseRules(unittest.TestCase):
    def breaches(self, rule, files):
        """What the rule says of a tree that holds these files."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            environment = dict(os.environ, RELUME_ROOT=root)
            done = subprocess.run([sys.executable, RULES, rule], env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1 if done.stdout else 0, done.stderr)
        return done.stdout.splitlines()

    def assert_breach(self, rule, name, text, message):
        found = self.breaches(rule, {name: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(message, found[0])

    def test_arrows_that_point_back(self):
        self.assert_breach("arrows", "src/core/a.cc", '#include "ops/b.h"\n', "core must not see ops")
        self.assert_breach("arrows", "src/cpu/a.cc", '#include "relume/nn/b.h"\n', "cpu must not see nn")
        self.assert_breach("arrows", "include/relume/a.h", '#include "relume/nn/b.h"\n', "core must not see nn")
        self.assert_breach("arrows", "src/elsewhere/a.cc", "\n", "a folder without a rule")
        self.assert_breach("arrows", "src/cli/a.cc", '#include "core/file.h"\n', "which is private")
        self.assertEqual(self.breaches("arrows", {"src/nn/a.cc": '#include "ops/b.h"\n#include <vector>\n'}), [])

    def test_heavy_and_foreign_headers(self):
        self.assert_breach("headers", "include/relume/a.h", "#include <iostream>\n", "too heavy")
        self.assert_breach("headers", "include/relume/a.h", "#include <hwy/highway.h>\n", "no header of ours")
        self.assert_breach("headers", "include/relume/a.h", "#include <fmt/core.h>\n", "no header of ours")
        self.assert_breach("headers", "include/relume/a.h", '#include "relume/b.h"\n', "is not installed")
        self.assertEqual(self.breaches("headers", {"include/relume/a.h": "#include <vector>\n"}), [])

    def test_headers_that_lean_on_others(self):
        found = self.breaches("alone", {"include/relume/a.h": "std::vector<int> v;\n"})
        self.assertIn("does not compile alone", found[0])

    def test_long_files(self):
        self.assert_breach("length", "src/core/a.cc", "\n" * 801, "longer than 800 lines")
        self.assertEqual(self.breaches("length", {"src/core/a.cc": "\n" * 800}), [])

    def test_unfinished_work(self):
        self.assert_breach("words", "src/core/a.cc", "// TO" + "DO: later\n", "unfinished work")
        self.assert_breach("words", "README.md", "see /wo" + "rk/notes\n", "a path of one machine")
        self.assertEqual(self.breaches("words", {"README.md": "the work/life balance\n"}), [])

    def test_files_without_a_first_sentence(self):
        self.assert_breach("form", "src/core/a.cc", "int a;\n", "does not start with a sentence")
        self.assert_breach("form", "src/core/a.h", "// It says.\n", "has no #pragma once")
        self.assert_breach("form", "src/core/a.cc", "// " + "a" * 120 + "\n", "longer than 120 columns")

    def test_test_programs_of_one_name(self):
        self.assertEqual(len(self.breaches("names", {"tests/a/x_test.cc": "", "tests/b/x_test.cc": ""})), 1)


if __name__ == "__main__":
    unittest.main()
