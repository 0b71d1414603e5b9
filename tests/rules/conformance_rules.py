"""What tests/conformance says agrees with the tests."""

import sys

import house

sys.path.insert(0, house.path("tests/conformance"))

import table


def duties_agree():
    """tests/conformance/README.md names the tests of each duty as they name it"""
    yield from table.check()


def called_by_programs(word):
    """path:line of each use in what is no test and not the engine."""
    for name, number, line in house.lines(".c"):
        if word in line and not name.startswith(("tests/", "stack/", "sim/")):
            yield f"{name}:{number}: {line.strip()}"


# proves SHLD-13
def no_urgent_data():
    """no program of the project sends urgent data"""
    yield from called_by_programs("mien_tcp_urgent")


# proves SHLD-23
def no_other_traffic_class():
    """no program of the project changes the traffic class of a connection that is open"""
    yield from called_by_programs("MIEN_TCP_TOS")


RULES = [duties_agree, no_urgent_data, no_other_traffic_class]
