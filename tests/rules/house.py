"""The rooms: which file belongs to which, and whom each may include."""

import functools
import os
import re
import subprocess

ROOT = os.environ.get("MIEN_SRC") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("MIEN_BUILD") or os.path.join(ROOT, "build-test")

ENGINE = ("base", "wire", "tcp", "net", "core")
PUBLIC = "include/mien"

# Directory of each room, longest first, so that the examples are not taken for the command.
DIRS = {
    "stack/include/mien": PUBLIC,
    "stack/base": "base",
    "stack/wire": "wire",
    "stack/tcp": "tcp",
    "stack/net": "net",
    "stack/core": "core",
    "personalities": "personalities",
    "drivers": "drivers",
    "oracle": "oracle",
    "sim": "sim",
    "tools/examples": "examples",
    "tools": "tools",
    "tests": "tests",
}

# Who may include whom, besides itself. Tests may include any header.
MAY_INCLUDE = {
    PUBLIC: (),
    "base": (),
    "wire": ("base",),
    "tcp": ("wire", "base", PUBLIC),
    "net": ("tcp", "wire", "base", PUBLIC),
    "core": ("net", "tcp", "wire", "base", PUBLIC),
    "personalities": (PUBLIC,),
    "drivers": (PUBLIC,),
    "oracle": (PUBLIC,),
    "sim": ("drivers", PUBLIC),
    "examples": (PUBLIC,),
    "tools": ("oracle", "sim", "drivers", PUBLIC),
}

# DPDK's headers: all, none, or the named ones.
RTE_HEADERS = {
    PUBLIC: (),
    "base": (),
    "wire": (),
    "personalities": (),
    "oracle": (),
    "tcp": ("rte_mbuf.h",),
    "net": ("rte_mbuf.h",),
    "core": ("rte_mbuf.h",),
}


@functools.cache
def files(*suffixes):
    """Files of the project, tracked or about to be, relative to the root."""
    out = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    return [f for f in out if os.path.isfile(path(f)) and (not suffixes or f.endswith(suffixes))]


def path(name):
    return os.path.join(ROOT, name)


@functools.cache
def text(name):
    with open(path(name), encoding="utf-8", errors="replace") as f:
        return f.read()


def lines(*suffixes):
    """Name, number and text of each line of files()."""
    for name in files(*suffixes):
        for number, line in enumerate(text(name).splitlines(), 1):
            yield name, number, line


def room(name):
    for directory, owner in DIRS.items():
        if name.startswith(directory + "/"):
            return owner
    return None


def engine_files(*suffixes):
    return [f for f in files(*suffixes) if room(f) in ENGINE]


_TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


@functools.cache
def code(name):
    """The text with comments and strings blanked out, lines kept; includes keep their names."""

    def replace(match):
        start = match.string.rfind("\n", 0, match.start()) + 1
        before = match.string[start : match.start()]
        if match.group()[0] == '"' and re.match(r"\s*#\s*include\s*$", before):
            return match.group()
        return _blank(match)

    return _TOKENS.sub(replace, text(name))


_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@functools.cache
def includes(name):
    """(line, '<' or '"', header) of every include."""
    found = []
    for number, line in enumerate(code(name).splitlines(), 1):
        match = _INCLUDE.match(line)
        if match:
            found.append((number, match.group(1), match.group(2)))
    return found
