#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Turns profiles into a C source: embed.py OUTPUT FILE.yaml..."""

import re
import sys


def head(text, key):
    """A top-level scalar as it stands, without quotes and comment."""
    found = re.search(rf"^{key}:[ \t]*(.*?)[ \t]*(?:#.*)?$", text, re.M)
    return found.group(1).strip("\"'") if found else ""


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def lines(data):
    for at in range(0, len(data), 24):
        yield "\t" + ",".join(str(byte) for byte in data[at : at + 24]) + ","


def main():
    output, sources = sys.argv[1], sys.argv[2:]
    profiles = []
    for source in sources:
        with open(source, "rb") as f:
            data = f.read()
        text = data.decode()
        profiles.append((head(text, "name"), text, data))
    profiles.sort()
    out = ['/* Made by embed.py; do not edit. */', '#include "registry.h"', ""]
    for number, (_, _, data) in enumerate(profiles):
        out += [f"static const unsigned char text_{number}[] = {{", *lines(data), "};"]
    out.append("const struct builtin builtins[] = {")
    for number, (name, text, data) in enumerate(profiles):
        abstract = "true" if head(text, "abstract") in ("on", "yes", "true") else "false"
        out.append(
            f"\t{{{quoted(name)}, {quoted(head(text, 'title'))}, {quoted(head(text, 'inherits'))}, "
            f"{abstract}, (const char *)text_{number}, sizeof(text_{number})}},"
        )
    out += ["};", "const size_t builtin_count = sizeof(builtins) / sizeof(builtins[0]);", ""]
    with open(output, "w", encoding="utf-8") as f:
        f.write("\n".join(out))


if __name__ == "__main__":
    main()
