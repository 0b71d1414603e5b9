"""Rules read off the source text: arrows, headers, names."""

import os
import re

import house

C_HEADERS = set(
    "assert ctype endian errno inttypes limits stdalign stdarg stdbool stddef stdint stdio stdlib string".split()
)

# Neither input nor output: vector instructions, the sanitizer's hints; and where memory comes from.
ALSO_ALLOWED = {"emmintrin.h", "immintrin.h", "sanitizer/asan_interface.h"}
EXCEPTIONS = {("stack/base/mem.c", "sys/mman.h")}

# Clocks, randomness, output, input, and ways out: not in the engine.
FORBIDDEN = re.compile(
    r"\b(clock_gettime|gettimeofday|time|clock|nanosleep|usleep|sleep|rte_rdtsc\w*|__rdtsc|"
    r"rte_get_\w+_cycles|getrandom|getentropy|rand|srand|rand_r|random|srandom|drand48|arc4random\w*|rte_rand\w*|"
    r"printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|putchar|perror|syslog|rte_log|RTE_LOG|"
    r"fopen|open|read|write|socket|send|recv|poll|select|getenv|system|"
    r"abort|exit|_exit|rte_panic|rte_exit|strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\("
)
ALLOCATION = re.compile(r"\b(malloc|calloc|realloc|aligned_alloc|posix_memalign|strdup|rte_\w*alloc\w*_socket|rte_malloc)\s*\(")
MAY_ALLOCATE = re.compile(r"create|init|_new|_open|alloc|grow|resize|reserve|setup")


def owners():
    """Header name -> rooms that have a file of that name."""
    found = {}
    for name in house.files(".h", ".def", ".inc"):
        owner = house.room(name)
        if owner and owner != "tests":
            found.setdefault(os.path.basename(name), set()).add(owner)
    return found


def include_arrows():
    """a room includes only the rooms it may know"""
    by_name = owners()
    for name in house.files(".c", ".h", ".def", ".inc"):
        owner = house.room(name)
        if owner not in house.MAY_INCLUDE:
            continue
        allowed = {owner, *house.MAY_INCLUDE[owner]}
        for line, kind, header in house.includes(name):
            if header.startswith("mien/"):
                rooms = {house.PUBLIC}
            elif kind == '"':
                rooms = by_name.get(os.path.basename(header), set())
            else:
                continue
            if rooms and not rooms & allowed:
                yield f"{name}:{line}: {owner} includes {header} of {', '.join(sorted(rooms))}"


def flat_includes():
    """private headers are included by their bare name, public ones as <mien/x.h>"""
    for name in house.files(".c", ".h", ".def"):
        owner = house.room(name)
        for line, kind, header in house.includes(name):
            if header.startswith("mien/") and kind == '"':
                yield f'{name}:{line}: "{header}" should be <{header}>'
            elif kind == '"' and "/" in header and owner in house.ENGINE + ("drivers", "personalities", "oracle"):
                yield f"{name}:{line}: {header} names a directory"


def unique_headers():
    """no two rooms have a header of the same name"""
    for header, rooms in sorted(owners().items()):
        private = rooms - {house.PUBLIC}
        if len(private) > 1:
            yield f"{header}: in {', '.join(sorted(private))}"


def rte_headers():
    """of DPDK the engine knows rte_mbuf.h only, and public headers nothing"""
    for name in house.files(".c", ".h"):
        allowed = house.RTE_HEADERS.get(house.room(name))
        if allowed is None:
            continue
        for line, _, header in house.includes(name):
            if header.startswith("rte_") and header not in allowed:
                yield f"{name}:{line}: includes {header}"


def engine_headers():
    """the engine includes C headers that do no input or output"""
    by_name = owners()
    for name in house.engine_files(".c", ".h"):
        for line, kind, header in house.includes(name):
            known = header.startswith(("mien/", "rte_")) or os.path.basename(header) in by_name
            allowed = header.removesuffix(".h") in C_HEADERS or header in ALSO_ALLOWED
            if kind == "<" and not known and not allowed and (name, header) not in EXCEPTIONS:
                yield f"{name}:{line}: includes <{header}>"


def no_included_code():
    """nobody includes a .c file"""
    for name in house.files(".c", ".h", ".cc"):
        for line, _, header in house.includes(name):
            if header.endswith(".c"):
                yield f"{name}:{line}: includes {header}"


def forbidden_names():
    """the engine calls no clock, no randomness, no output and no exit"""
    for name in house.engine_files(".c", ".h"):
        for number, line in enumerate(house.code(name).splitlines(), 1):
            for match in FORBIDDEN.finditer(line):
                before = line[: match.start()].rstrip()
                # A member that is called, or a function of that name being declared, is another thing.
                if not before.endswith((".", "->", "#define", "pragma GCC poison")):
                    yield f"{name}:{number}: {match.group(1)}"


def allocation():
    """the engine allocates only where something is created"""
    for name in house.engine_files(".c", ".h"):
        function = ""
        for number, line in enumerate(house.code(name).splitlines(), 1):
            # Definitions have their name at the start of the line.
            head = re.match(r"([A-Za-z_]\w*)\(", line)
            if head:
                function = head.group(1)
            for match in ALLOCATION.finditer(line):
                if line[: match.start()].strip() and not MAY_ALLOCATE.search(function):
                    yield f"{name}:{number}: {match.group(1)} in {function or 'no function'}"


def exported_names():
    """public headers declare only mien_ and MIEN_ names"""
    # Only what starts in the first column declares; a body is indented.
    declared = re.compile(
        r"(?:struct|enum|union)\s+(\w+)\s*\{|\s*#\s*define\s+(\w+)|"
        r"(?:[A-Za-z_][\w\s*]*?[\s*])?(\w+)\((?![^)]*\)\s*\()"
    )
    for name in house.files(".h"):
        if house.room(name) != house.PUBLIC:
            continue
        for number, line in enumerate(house.code(name).splitlines(), 1):
            match = declared.match(line)
            word = match and next(g for g in match.groups() if g)
            if word and not word.startswith(("mien_", "MIEN_", "_", "static_assert")):
                yield f"{name}:{number}: {word}"


RULES = [
    include_arrows, flat_includes, unique_headers, rte_headers, engine_headers,
    no_included_code, forbidden_names, allocation, exported_names,
]
