"""Whether the built-in oracle and the real nmap saw the same of a host."""

import json
import subprocess

import mien
import osdb

SPREAD = 5  # of SP and ISR, half as wide as nmap's own ranges
CHANCE = 24  # of the same where an entry asks for nothing: random numbers, of which nmap sees six
RANDOM_CLOCK = ("1F", "20", "21", "22")  # what nmap says of random timestamps; 1F of one scan in 700
CHUNK = 200  # profiles for one process


def equal(name, oracle, real, wanted, spread):
    """The same value, but for what a scan's timing or chance moves: there both may lie in the range imported."""
    if name in ("SP", "ISR"):
        if wanted and osdb.matches(oracle, wanted) and osdb.matches(real, wanted):
            return True
        return abs(int(oracle, 16) - int(real, 16)) <= spread
    if name == "GCD" and 1 <= int(oracle, 16) <= 6:
        return 1 <= int(real, 16) <= 6
    if name == "TS" and oracle in RANDOM_CLOCK:
        return real in RANDOM_CLOCK
    return oracle == real


def unasked(line, here, real):
    """nmap asks T5 to T7 of closed ports only; where it sees none it says nothing, where the oracle says R=N."""
    return line in ("T5", "T6", "T7") and line not in real and here == {"R": "N"}


def without(line, name):
    return {k: v for k, v in line.items() if k != name}


def differences(oracle, fingerprint, reference=None):
    """(fields looked at, lines about those that differ).

    oracle: lines as `personality verify --json` has them; reference: the entry that the host was imported from.
    """
    real = {k: v for k, v in osdb.parse_print(fingerprint).items() if k != "SCAN"}
    oracle = {k: v for k, v in oracle.items() if v}
    fields, details = 0, []
    for line in sorted({*real, *oracle}):
        here, there = oracle.get(line, {}), real.get(line, {})
        if unasked(line, here, real):
            continue
        if line == "SEQ" and reference and "SS" not in reference.get("SEQ", {}):
            here, there = without(here, "SS"), without(there, "SS")  # where two counters begin is chance
        for name in sorted({*here, *there}):
            wanted = (reference or {}).get(line, {}).get(name)
            spread = CHANCE if reference and not (wanted and osdb.matches(here.get(name, ""), wanted)) else SPREAD
            fields += 1
            if name not in here or name not in there or not equal(name, here[name], there[name], wanted, spread):
                details.append(f"{line}.{name}: oracle {here.get(name)}, nmap {there.get(name)}")
    return fields, details


def prints(profiles):
    """The oracle's lines for each of these profiles, in their order."""
    lines = []
    for begin in range(0, len(profiles), CHUNK):
        done = subprocess.run([mien.BINARY, "personality", "verify", "--json-lines", *profiles[begin:begin + CHUNK]],
                              capture_output=True, text=True, check=False)
        lines += [json.loads(line)["print"]["nmap"] for line in done.stdout.splitlines()]
    if len(lines) != len(profiles):
        raise RuntimeError(f"verify told of {len(lines)} of {len(profiles)} profiles")
    return lines
