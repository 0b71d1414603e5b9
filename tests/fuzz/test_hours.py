#!/usr/bin/env python3
"""What tests/fuzz/hours makes of how a target ends. Last line: N passed, N failed."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

HOURS = pathlib.Path(__file__).resolve().parent / "hours"

# A target that says once that it found something of this name, and what it makes of that when it is asked again.
TARGET = """#!/bin/sh
for word; do
	case $word in
	-artifact_prefix=*)
		[ -e "$0.once" ] || { : >"$0.once"; echo bytes >"${word#*=}NAME"; exit 70; }
		i=0
		while [ $i -lt 300000 ]; do i=$((i + 1)); done
		exit 0
		;;
	esac
done
exit STATUS
"""


class Hours(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name, "dir")
        self.build = pathlib.Path(folder.name, "build")
        (self.build / "tests/fuzz").mkdir(parents=True)

    def run_target(self, name, status):
        target = self.build / "tests/fuzz/fuzz_words"
        target.write_text(TARGET.replace("NAME", name).replace("STATUS", str(status)))
        target.chmod(0o755)
        done = subprocess.run([HOURS, "--dir", self.dir, "--build", self.build, "--seconds", "1.1", "fuzz_words"],
                              capture_output=True, text=True, check=False)
        return done.stdout.splitlines()[-1], sorted(p.name for p in (self.dir / "fuzz_words/found").iterdir())

    def test_an_input_that_was_late_by_the_clock_alone_is_no_finding(self):
        self.assertEqual(self.run_target("timeout-1", 0), ("1 passed, 0 failed", []))

    def test_an_input_that_takes_too_long_is_one(self):
        self.assertEqual(self.run_target("timeout-1", 1), ("0 passed, 1 failed", ["timeout-1"]))

    def test_a_crash_is_one(self):
        self.assertEqual(self.run_target("crash-1", 0), ("0 passed, 1 failed", ["crash-1"]))


result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromTestCase(Hours))
bad = len(result.failures) + len(result.errors)
print(f"{result.testsRun - bad} passed, {bad} failed")
sys.exit(bad > 0)
