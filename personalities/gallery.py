#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The tables of README.md about the profiles, made from the profiles.

    personalities/gallery.py            writes them anew
    personalities/gallery.py --check    says what is wrong with them, exit 1 then

The values are what each profile shows under `mien personality verify`, so a built `mien` has to be
there: that of $MIEN_BUILD, else of build-test, else of build; --mien PATH names another.
"""

import argparse
import glob
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True

import embed

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
README = os.path.join(HERE, "README.md")
BEGIN, END = "<!-- made by gallery.py -->\n", "<!-- end of what gallery.py made -->\n"


class Profile:
    """The head of a profile's file."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.file = os.path.basename(path)
        self.name, self.title, self.parent = (embed.head(text, k) for k in ("name", "title", "inherits"))
        self.abstract = embed.head(text, "abstract") in ("on", "yes", "true")


def profiles():
    return sorted((Profile(p) for p in glob.glob(os.path.join(HERE, "profiles", "*.yaml"))), key=lambda p: p.name)


def binary():
    """The newest of the usual places, or nothing."""
    builds = [os.environ.get("MIEN_BUILD"), os.path.join(ROOT, "build-test"), os.path.join(ROOT, "build")]
    paths = [os.path.join(build, "tools", "mien") for build in builds if build]
    return next((p for p in paths if os.access(p, os.X_OK)), None)


def ask(mien, verb, name):
    """What the command says of a profile, as JSON; `verify` may find differences and say so."""
    done = subprocess.run([mien, "personality", verb, "--json", name], capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{mien} does not know {name}: {done.stderr.strip()}; is it built from these profiles?")
    return json.loads(done.stdout)


def by_class(knobs, member):
    """A value of segments, and of resets and ICMP where theirs is another."""
    names = {"synack": "", "segment": "segments ", "rst": "resets ", "icmp-error": "ICMP "}
    said = {c: knobs[f"ip.{c}.{member}"]["value"] for c in names}
    rest = [f"{names[c]}{v}" for c, v in said.items() if c != "synack" and v != said["synack"]]
    return ", ".join([said["synack"], *rest])


def signature(text):
    """Window, scale and options of a signature in p0f's notation."""
    parts = text.split(":")
    return f"`{parts[4]} {parts[5]}`" if len(parts) > 5 else "-"


def isn(seq):
    """The greatest common divisor of the increments, their rate and its spread, as nmap counts them."""
    return " ".join(seq[k] for k in ("GCD", "ISR", "SP") if seq.get(k)) or "-"


def clock(knobs, shown):
    """The timestamp clock of a system that has one."""
    if "ts" not in shown["p0f_synack"] and "ts" not in shown["p0f_syn"]:
        return "-"
    first = knobs["tcp.timestamps.first-zero"]["value"]
    return knobs["tcp.timestamps.clock"]["value"] + (" from 0" if first not in ("off", "no", "none") else "")


def row(*cells):
    return "| " + " | ".join(c.replace("|", "\\|") or "-" for c in cells) + " |\n"


def head(*cells):
    return row(*cells) + "|---" * len(cells) + "|\n"


def tables(mien):
    known = profiles()
    concrete, families = [p for p in known if not p.abstract], [p for p in known if p.abstract]
    parent = {p.name: f"`{p.parent}`" if p.parent else "-" for p in known}
    systems = head("name", "system", "inherits", "nmap 7.93 says", "p0f 3.09b says of its SYN, its SYN-ACK")
    shown = head("name", "TTL", "SYN", "SYN-ACK", "IP identification", "ISN: GCD ISR SP", "timestamps")
    for p in concrete:
        show, saw = ask(mien, "show", p.name), ask(mien, "verify", p.name)["print"]
        expect, knobs = show["expect"], show["knobs"]
        labels = [expect.get("p0f-" + k, "-") for k in ("syn", "synack")]
        systems += row(f"`{p.name}`", p.title, parent[p.name], expect.get("nmap", "-"),
                       ", ".join(labels if any(x != "-" for x in labels) else ["-"]))
        shown += row(f"`{p.name}`", by_class(knobs, "ttl"), signature(saw["p0f_syn"]), signature(saw["p0f_synack"]),
                     by_class(knobs, "id.policy"), isn(saw["nmap"]["SEQ"]), clock(knobs, saw))
    abstract = head("family", "systems", "inherits")
    for p in families:
        abstract += row(f"`{p.name}`", p.title, parent[p.name])
    return (f"{len(concrete)} systems:\n\n{systems}\nWhat they show (window, scale and options in p0f's notation, "
            "the SYN-ACK's for a peer that offers\neverything; ISNs and their rate as nmap counts them):\n\n"
            f"{shown}\nFamilies, which say what their members have in common and cannot be worn:\n\n{abstract}")


def split(text):
    """The README before, between and behind the marks."""
    before, rest = text.split(BEGIN)
    between, behind = rest.split(END)
    return before + BEGIN, between, END + behind


def check(mien=None):
    """What is wrong, one message each."""
    mien = mien or binary()
    with open(os.path.join(HERE, "meson.build"), encoding="utf-8") as file:
        listed = file.read()
    missing = [p for p in profiles() if f"'profiles/{p.file}'" not in listed]
    if missing or not mien:
        yield from (f"personalities/meson.build: profiles/{p.file} is not listed" for p in missing)
        yield from [] if mien else ["mien is not built"]
        return
    with open(README, encoding="utf-8") as file:
        _, between, _ = split(file.read())
    have, want = between.splitlines(), tables(mien).splitlines()
    for line in [x for x in want if x not in have] + [x for x in have if x not in want]:
        which = "is missing" if line in want else "is of no profile"
        yield f"personalities/README.md: {which}: {line[:60]} (personalities/gallery.py writes it anew)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is wrong")
    parser.add_argument("--mien", metavar="PATH", help="the command to ask", default=binary())
    options = parser.parse_args()
    if options.check:
        messages = list(check(options.mien))
        print("\n".join(messages) or "the gallery is right")
        return bool(messages)
    if not options.mien:
        parser.error("mien is not built; --mien names it")
    with open(README, encoding="utf-8") as file:
        before, _, behind = split(file.read())
    made = tables(options.mien)
    with open(README, "w", encoding="utf-8") as file:
        file.write(before + made + behind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
