#!/usr/bin/env python3
"""The tables of README.md: each duty of duties.txt and the tests that say `proves ID` of themselves.

    tests/conformance/table.py           writes them
    tests/conformance/table.py --check   says where README.md disagrees
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
README = os.path.join(HERE, "README.md")
MARK = "<!-- made by table.py: do not edit below -->\n"
WHERE = ("tests/engine", "tests/rules", "tests/sim", "tests/unit")
PROVES = {
    ".c": re.compile(r'/\*[\s*]*proves\s([^/]*?)\*/\s*\{\s*"((?:[^"\\]|\\.)*)"'),
    ".py": re.compile(r'# proves ([^\n]*)\ndef \w+\(\):\n    """([^"]*)"""'),
}


def duties():
    """[(title, [(id, words, deviation)])]"""
    out = []
    with open(os.path.join(HERE, "duties.txt"), encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith("# "):
                out.append((line[2:], []))
            elif line.strip():
                name, _, rest = line.partition(" ")
                words, _, deviation = rest.partition(" = ")
                out[-1][1].append((name, words, deviation))
    return out


def tests():
    """id -> names of the tests that prove it"""
    found = {}
    for top in WHERE:
        for here, _, files in sorted(os.walk(os.path.join(ROOT, top))):
            for name in sorted(files):
                path = os.path.join(here, name)
                short, kind = os.path.splitext(os.path.relpath(path, os.path.join(ROOT, "tests")))
                if kind not in PROVES:
                    continue
                with open(path, encoding="utf-8") as f:
                    text = f.read()
                for m in PROVES[kind].finditer(text):
                    for duty in m.group(1).replace("*", " ").split():
                        found.setdefault(duty, []).append(f"{short}: {m.group(2)}")
    return found


def result(names, deviation):
    if names:
        return "passes" + (f"; {deviation}" if deviation else "")
    return f"not done on purpose: {deviation}" if deviation else "**no test yet**"


def tables():
    found, out = tests(), []
    for title, rows in duties():
        done = sum(1 for name, _, _ in rows if name in found)
        chosen = sum(1 for name, _, deviation in rows if name not in found and deviation)
        out.append(f"\n## {title}\n\n{len(rows)} entries: {done} with a test, {chosen} left out on purpose, "
                   f"{len(rows) - done - chosen} without a test yet.\n\n| id | what | test | result |\n|---|---|---|---|\n")
        for name, words, deviation in rows:
            names = found.get(name, [])
            out.append(f"| {name} | {words} | {'<br>'.join(names)} | {result(names, deviation)} |\n")
    return "".join(out)


def check():
    """Messages: the README is not what the tests say, or a test names a duty that is none."""
    known = {name for _, rows in duties() for name, _, _ in rows}
    for duty, names in sorted(tests().items()):
        if duty not in known:
            yield f"tests/{names[0]}: {duty} is not in tests/conformance/duties.txt"
    with open(README, encoding="utf-8") as f:
        text = f.read()
    if text.partition(MARK)[2] != tables():
        yield "tests/conformance/README.md: does not say what the tests say: run tests/conformance/table.py"


def main():
    if "--check" in sys.argv:
        messages = list(check())
        print("\n".join(messages) or "agrees")
        return bool(messages)
    with open(README, encoding="utf-8") as f:
        head = f.read().partition(MARK)[0]
    with open(README, "w", encoding="utf-8") as f:
        f.write(head + MARK + tables())
    return 0


if __name__ == "__main__":
    sys.exit(main())
