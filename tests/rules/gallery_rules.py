"""The documents about the profiles agree with the profiles."""

import os
import sys

import house

sys.path.insert(0, os.path.join(house.ROOT, "personalities"))

import gallery


def tables_agree():
    """personalities/README.md has every profile's line, as its profile shows it"""
    yield from gallery.check(os.path.join(house.BUILD, "tools", "mien"))


def golden_frames():
    """every profile that can be worn has its golden frames, and no other has"""
    have = {n[:-4] for n in os.listdir(house.path("tests/golden")) if n.endswith(".txt")}
    want = {p.name for p in gallery.profiles() if not p.abstract}
    for name in sorted(want ^ have):
        yield f"tests/golden/{name}.txt: " + ("is not there" if name in want else "is of no profile")


RULES = [tables_agree, golden_frames]
