#!/usr/bin/env python3
"""Says why nmap did not take a host for the system it wears.

Reads the database of the nmap that is installed, at run time, and compares a measured print with
its entries by the rules nmap documents: an attribute counts when both sides state it, points as in
MatchPoints, alternatives by `|`, ranges `a-b`, limits `<a` and `>a`, numbers in hexadecimal.

    osdb.py FILE [NAME-REGEX]     FILE: nmap's output (normal or XML), or `-`
"""

import html
import re
import sys

DATABASE = "/usr/share/nmap/nmap-os-db"


def parse_test(text):
    """'T1(R=Y%DF=Y)' -> ('T1', {'R': 'Y', 'DF': 'Y'})"""
    name, _, body = text.partition("(")
    values = {}
    for item in body.rstrip(")").split("%"):
        if item:
            key, _, value = item.partition("=")
            values[key] = value
    return name, values


def parse_print(text):
    """The tests of a fingerprint as nmap prints it, wrapped in `OS:` lines or not."""
    text = html.unescape(text).replace("\r", "")
    text = re.sub(r"\n?OS:", "", text)
    return dict(parse_test(t) for t in re.findall(r"\w+\([^)]*\)", text))


def load(path=DATABASE):
    """(points, entries); an entry is (name, line, tests)."""
    points, entries, current = {}, [], None
    with open(path, encoding="utf-8", errors="replace") as db:
        for number, line in enumerate(db, 1):
            line = line.rstrip("\n")
            if line.startswith("MatchPoints"):
                current = points
            elif line.startswith("Fingerprint "):
                current = {}
                entries.append((line[len("Fingerprint "):].strip(), number, current))
            elif current is not None and re.match(r"\w+\(.*\)$", line):
                name, values = parse_test(line)
                current[name] = values
    for values in points.values():
        for key in values:
            values[key] = int(values[key])
    return points, entries


def _number(text):
    try:
        return int(text, 16)
    except ValueError:
        return None


def matches(value, expression):
    for alternative in expression.split("|"):
        if alternative == value:
            return True
        number = _number(value)
        if number is None or not alternative:
            continue
        low, dash, high = alternative.partition("-")
        if dash and _number(low) is not None and _number(high) is not None:
            if _number(low) <= number <= _number(high):
                return True
        elif alternative[0] in "<>" and _number(alternative[1:]) is not None:
            limit = _number(alternative[1:])
            if number < limit if alternative[0] == "<" else number > limit:
                return True
    return False


def compare(points, tests, reference):
    """(score between 0 and 1, the attributes that differ)."""
    gained = possible = 0
    differences = []
    for test, wanted in reference.items():
        measured = tests.get(test)
        if measured is None:
            continue
        for key, expression in wanted.items():
            if key not in measured or key not in points.get(test, {}):
                continue
            possible += points[test][key]
            if matches(measured[key], expression):
                gained += points[test][key]
            else:
                differences.append(f"{test}.{key}={measured[key]} wants {expression or '(empty)'}")
    return (gained / possible if possible else 0.0), differences


def nearest(tests, name=None, count=3, database=None):
    """The entries that fit best, optionally of a name: (score, name, line, differences)."""
    points, entries = database or load()
    found = []
    for title, line, reference in entries:
        if name and not re.search(name, title):
            continue
        score, differences = compare(points, tests, reference)
        found.append((score, title, line, differences))
    found.sort(key=lambda entry: -entry[0])
    return found[:count]


def explain(tests, name=None):
    """Lines for people: the nearest entries of all, and the nearest of the wanted name."""
    database = load()
    yield "nearest entries:"
    for score, title, line, differences in nearest(tests, None, 3, database):
        yield f"  {score * 100:6.2f} %  {title} (line {line}): {'; '.join(differences)}"
    if name:
        yield f"nearest entries named /{name}/:"
        for score, title, line, differences in nearest(tests, name, 3, database):
            yield f"  {score * 100:6.2f} %  {title} (line {line}): {'; '.join(differences)}"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with sys.stdin if sys.argv[1] == "-" else open(sys.argv[1], encoding="utf-8") as source:
        text = source.read()
    found = re.search(r'osfingerprint fingerprint="([^"]*)"', text)
    tests = parse_print(found.group(1) if found else "".join(re.findall(r"OS:.*\n?", text)))
    if "T1" not in tests and "U1" not in tests:
        sys.exit("no fingerprint in there")
    print("\n".join(explain(tests, sys.argv[2] if len(sys.argv) > 2 else None)))


if __name__ == "__main__":
    main()
