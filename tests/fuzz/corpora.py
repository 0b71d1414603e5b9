"""Corpora kept with the project: what hours of fuzzing found worth keeping, and how many hours that were.

FOLDER/TARGET.tar.xz is minimised, sorted and without times: the same inputs make the same file. FOLDER/README.md is a
table of all runs together; it is read before it is written anew.
"""
import io
import lzma
import pathlib
import re
import tarfile

KEPT = pathlib.Path(__file__).resolve().parent / "corpora"
FIELDS = ("seconds", "executions", "edges", "features", "inputs")
SUMS = ("seconds", "executions")
HEAD = """# Corpora

`tests/fuzz/hours --keep` writes this folder: of each target the inputs that reach what all the others reach, and how
long it ran in all, on whatever machines, under AddressSanitizer and UBSan and without a finding. Each run begins with
them.

| target | s of a CPU | inputs tried | edges | features | inputs kept | last with |
|---|---|---|---|---|---|---|
"""
ROW = re.compile(r"\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\S+) \|")


def unpack(target, to, kept=KEPT):
    """Writes the target's kept inputs into the folder."""
    path = kept / f"{target}.tar.xz"
    if not path.exists():
        return
    with tarfile.open(path) as tar:
        for member in tar:
            (to / pathlib.PurePath(member.name).name).write_bytes(tar.extractfile(member).read())


def pack(target, folder, kept):
    """Writes the folder's inputs as the target's archive."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            member = tarfile.TarInfo(path.name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    (kept / f"{target}.tar.xz").write_bytes(lzma.compress(whole.getvalue(), preset=9))


def table(kept):
    """What FOLDER/README.md says: target, then FIELDS and `commit` by name."""
    path = kept / "README.md"
    text = path.read_text() if path.exists() else ""
    return {row[1]: dict(zip(FIELDS, map(int, row.groups()[1:6])), commit=row[7]) for row in ROW.finditer(text)}


def add(rows, target, state, commit):
    """Adds what was done since it was added last, and remembers in the state that it was."""
    row = rows.setdefault(target, dict.fromkeys(FIELDS, 0))
    told = state.setdefault("kept", dict.fromkeys(SUMS, 0))
    for field in SUMS:
        row[field] += round(state[field]) - told[field]
        told[field] = round(state[field])
    row.update({field: state[field] for field in FIELDS if field not in SUMS}, commit=commit)


def write(rows, kept):
    lines = [f"| {name} | " + " | ".join(str(row[field]) for field in FIELDS) + f" | {row['commit']} |\n"
             for name, row in sorted(rows.items())]
    (kept / "README.md").write_text(HEAD + "".join(lines))
