"""What nmap 7.93 and p0f 3.09b are to say of each profile: its `expect:`.

nmap   a regular expression for the name of a match; None where its database has nothing near
exact  whether the database of nmap 7.93 holds the system (`nmap-print`): accuracy 100 is expected
       then; otherwise the nearest release of the family has to be first
synack, syn
       the label p0f gives to the side that answers and the side that opens; None where its
       database of 2016 does not know the system: it may say nothing then, or the same family
family what p0f may say at all
"""

import json
import os
import re
import subprocess
from collections import namedtuple

import mien

Expected = namedtuple("Expected", "nmap exact synack syn family")


def _ask(*words):
    if not os.access(mien.BINARY, os.X_OK):
        return {}
    done = subprocess.run([mien.BINARY, "personality", *words, "--json"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def _label(expect, key):
    return f"^{re.escape(expect[key])}" if key in expect else None


def _expected(name, title):
    expect = _ask("show", name).get("expect", {})
    # macOS is Mac OS X to p0f; for the rest the first word is the family.
    family = r"Mac ?OS X|iOS" if title.startswith("Apple") else re.sub(r"^Microsoft ", "", title).split()[0]
    return Expected(_label(expect, "nmap"), "nmap-print" in expect, _label(expect, "p0f-synack"),
                    _label(expect, "p0f-syn"), re.escape(family) if family.isalnum() else family)


PROFILES = {p["name"]: _expected(p["name"], p["title"]) for p in _ask("list").get("personalities", [])}
