"""What tests/conformance says agrees with the tests."""

import sys

import house

sys.path.insert(0, house.path("tests/conformance"))

import table


def duties_agree():
    """tests/conformance/README.md names the tests of each duty as they name it"""
    yield from table.check()


RULES = [duties_agree]
