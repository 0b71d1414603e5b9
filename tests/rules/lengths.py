"""Lengths of files and functions: printed, for people to judge."""

import subprocess

import house

LONG_FILE, LONG_FUNCTION = 600, 60


def functions(names):
    """(lines, file, line, function) of every C function."""
    out = subprocess.run(
        ["ctags", "--fields=+ne", "--kinds-c=f", "--sort=no", "-L", "-", "-f", "-"],
        input="\n".join(names), capture_output=True, text=True, cwd=house.ROOT,
    ).stdout
    for row in out.splitlines():
        cells = row.split("\t")
        tags = dict(cell.split(":", 1) for cell in cells[3:] if ":" in cell)
        if "line" in tags and "end" in tags:
            start = int(tags["line"])
            yield int(tags["end"]) - start + 1, cells[1], start, cells[0]


def report():
    names = [f for f in house.files(".c", ".h") if house.room(f) not in (None, "tests")]
    if not names:
        return
    sizes = sorted(((house.text(f).count("\n"), f) for f in names), reverse=True)
    print(f"lengths: {len(names)} files, {sum(s for s, _ in sizes)} lines")
    for size, name in [s for s in sizes if s[0] > LONG_FILE] or sizes[:1]:
        print(f"    {size:5} lines  {name}")
    found = sorted(functions(names), reverse=True)
    if not found:
        return
    lines = [f[0] for f in found]
    print(f"lengths: {len(lines)} functions, p50 {lines[len(lines) // 2]}, p90 {lines[len(lines) // 10]}, max {lines[0]}")
    for size, name, line, function in [f for f in found if f[0] > LONG_FUNCTION]:
        print(f"    {size:5} lines  {name}:{line} {function}")
