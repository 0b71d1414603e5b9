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
    want = {p.name for p in gallery.profiles() if not p.abstract}
    for directory, update in (("tests/golden", "tests/golden/run"), ("tests/pcap/golden", "tests/pcap/run")):
        have = {n[:-4] for n in os.listdir(house.path(directory)) if n.endswith(".txt")}
        for name in sorted(want ^ have):
            missing = f"is not there; {update} --update writes it"
            yield f"{directory}/{name}.txt: " + (missing if name in want else "is of no profile")


RULES = [tables_agree, golden_frames]
