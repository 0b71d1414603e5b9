"""Rules read off the compiled engine."""

import os
import re
import subprocess

import house

# The mark of objects made for link-time optimisation: they hold no sections to look at.
_LTO = "__gnu_lto_slim"
# What the linker makes read-only is no state.
_CONSTANT = (".data.rel.ro", ".rodata")
_MUTABLE = re.compile(r"\.(data|bss|tdata|tbss)\b|\*COM\*")


def library(room):
    return os.path.join(house.BUILD, "stack", room, f"libmien_{room}.a")


def no_mutable_state():
    """the engine's objects hold no variable of file scope"""
    for room in house.ENGINE:
        lib = library(room)
        if not os.path.exists(lib):
            yield f"{lib}: not built"
            continue
        out = subprocess.run(["objdump", "-t", lib], capture_output=True, text=True).stdout
        member = ""
        for line in out.splitlines():
            head = re.match(r"(\S+):\s+file format", line)
            if head:
                member = os.path.basename(head.group(1))
            # value, seven flag characters, section, size, name
            fields = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
            if not fields or "d" in fields.group(1) or int(fields.group(3), 16) == 0:
                continue
            section, symbol = fields.group(2), fields.group(4)
            if symbol == _LTO:
                yield f"{lib}: built for link-time optimisation, which hides what this rule looks for"
                break
            if _MUTABLE.match(section) and not section.startswith(_CONSTANT):
                yield f"stack/{room}: {member}: {symbol} lives in {section}"


RULES = [no_mutable_state]
