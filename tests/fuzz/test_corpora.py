#!/usr/bin/env python3
"""What hours of fuzzing kept is had again, and its time counted once. Last line: N passed, N failed."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import corpora

STATE = {"seconds": 99.6, "executions": 7, "edges": 3, "features": 4, "inputs": 2}


class Corpora(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.kept, self.one, self.two = (pathlib.Path(self.folder.name, name) for name in ("kept", "one", "two"))
        for path in (self.kept, self.one, self.two):
            path.mkdir()

    def test_inputs_that_are_kept_are_had_again_byte_for_byte(self):
        inputs = {"b": b"\0\xff", "a": b"", "c": bytes(5000)}
        for name, data in inputs.items():
            (self.one / name).write_bytes(data)
        corpora.pack("fuzz_x", self.one, self.kept)
        corpora.unpack("fuzz_x", self.two, self.kept)
        self.assertEqual({path.name: path.read_bytes() for path in self.two.iterdir()}, inputs)

    def test_the_same_inputs_make_the_same_archive(self):
        (self.one / "a").write_bytes(b"1")
        corpora.pack("fuzz_x", self.one, self.kept)
        corpora.unpack("fuzz_x", self.two, self.kept)
        corpora.pack("fuzz_y", self.two, self.kept)
        self.assertEqual((self.kept / "fuzz_x.tar.xz").read_bytes(), (self.kept / "fuzz_y.tar.xz").read_bytes())

    def test_a_target_without_kept_inputs_begins_with_none(self):
        corpora.unpack("fuzz_x", self.two, self.kept)
        self.assertEqual(list(self.two.iterdir()), [])

    def test_a_run_is_added_to_those_before_and_only_once(self):
        rows = {"fuzz_x": {"seconds": 10, "executions": 1, "edges": 9, "features": 9, "inputs": 9, "commit": "old"}}
        state = dict(STATE)
        for _ in range(2):
            corpora.add(rows, "fuzz_x", state, "new")
        self.assertEqual(rows["fuzz_x"], {"seconds": 110, "executions": 8, "edges": 3, "features": 4, "inputs": 2, "commit": "new"})
        state["seconds"] += 50
        corpora.add(rows, "fuzz_x", state, "new")
        self.assertEqual(rows["fuzz_x"]["seconds"], 160)

    def test_the_table_is_read_as_it_was_written(self):
        rows = {}
        corpora.add(rows, "fuzz_x", dict(STATE), "abc")
        corpora.add(rows, "fuzz_a", dict(STATE), "abc-dirty")
        corpora.write(rows, self.kept)
        self.assertEqual(corpora.table(self.kept), rows)


result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromTestCase(Corpora))
bad = len(result.failures) + len(result.errors)
print(f"{result.testsRun - bad} passed, {bad} failed")
sys.exit(bad > 0)
