"""Rules of tidiness over everything that is tracked."""

import ast
import os
import re
import subprocess

import house

_ABSOLUTE = re.compile(r"(?:^|[\s\"'=(:`,])/(?:" + "|".join(["work", "ho" + "me", "root", "Users"]) + r")(?:/\w|$|[\s\"'`)])")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def first_line(name):
    return house.text(name).split("\n", 1)[0]


def is_binary(name):
    return "\0" in house.text(name)[:4096]


def absolute_paths():
    """no file names a directory of somebody's own machine"""
    for name in house.files():
        if is_binary(name):
            continue
        for number, line in enumerate(house.text(name).splitlines(), 1):
            if _ABSOLUTE.search(line):
                yield f"{name}:{number}: {line.strip()[:80]}"


def links():
    """links in the documents lead to files of the project"""
    for name, number, line in house.lines(".md"):
        for target in _LINK.findall(line):
            if "://" in target or target.startswith("mailto:"):
                continue
            full = os.path.normpath(os.path.join(os.path.dirname(name), target))
            if full.startswith("..") or not os.path.exists(house.path(full)):
                yield f"{name}:{number}: {target}"


def shell_syntax():
    """shell scripts parse"""
    for name in house.files():
        if name.endswith(".sh") or re.match(r"#!.*\b(ba)?sh\b", first_line(name)):
            done = subprocess.run(["bash", "-n", house.path(name)], capture_output=True, text=True)
            if done.returncode:
                yield done.stderr.strip().replace(house.ROOT + "/", "")


def python_syntax():
    """python scripts parse"""
    for name in house.files():
        if name.endswith(".py") or re.match(r"#!.*python", first_line(name)):
            try:
                ast.parse(house.text(name))
            except SyntaxError as e:
                yield f"{name}:{e.lineno}: {e.msg}"


def executables():
    """what begins with #! is executable, and so is every tests/*.sh"""
    for name in house.files():
        script = first_line(name).startswith("#!") or (name.startswith("tests/") and name.endswith(".sh"))
        if script and not os.access(house.path(name), os.X_OK):
            yield f"{name}: not executable"


def whitespace():
    """sources are indented with tabs and have no trailing blanks"""
    for name, number, line in house.lines(".c", ".h", ".def"):
        if line != line.rstrip():
            yield f"{name}:{number}: trailing blank"
        elif re.match(r" {4,}[^ *\\]", line):
            yield f"{name}:{number}: indented with blanks"


RULES = [absolute_paths, links, shell_syntax, python_syntax, executables, whitespace]
