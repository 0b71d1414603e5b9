"""Headers that stand alone."""

import concurrent.futures
import os
import re
import subprocess

import house

WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]


def compile_one(command, header):
    done = subprocess.run(
        command + ["-fsyntax-only", "-"], input=f"#include {header}\n",
        capture_output=True, text=True, cwd=house.ROOT,
    )
    return done.stderr if done.returncode else ""


def first_errors(stderr):
    lines = [line for line in stderr.splitlines() if "error" in line]
    return (lines or stderr.splitlines() or ["failed"])[0]


def compile_all(command_of, headers):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(name, pool.submit(compile_one, command_of(name), spelled)) for name, spelled in headers]
        for name, job in jobs:
            if job.result():
                yield f"{name}: {first_errors(job.result())}"


def public_headers():
    return [
        (name, f"<mien/{os.path.basename(name)}>")
        for name in house.files(".h") if house.room(name) == house.PUBLIC
    ]


def public_as_c():
    """each public header compiles alone as C (gcc, clang)"""
    for compiler in ("gcc", "clang"):
        command = [compiler, "-xc", "-std=c11", "-Istack/include"] + WARNINGS
        yield from compile_all(lambda name: command, public_headers())


def public_as_cxx():
    """each public header compiles alone as C++ (g++, clang++)"""
    for compiler in ("g++", "clang++"):
        command = [compiler, "-xc++", "-std=c++14", "-Istack/include"] + WARNINGS
        yield from compile_all(lambda name: command, public_headers())


def room_flags(name):
    room = house.room(name)
    seen = {room, *house.MAY_INCLUDE[room]}
    dirs = [d.removesuffix("/mien") for d, owner in house.DIRS.items() if owner in seen]
    return [f"-I{d}" for d in dirs]


def private_alone():
    """each private header compiles alone with the include path of its room"""
    out = subprocess.run(["pkg-config", "--cflags", "libdpdk"], capture_output=True, text=True)
    dpdk = out.stdout.replace("-I", "-isystem ").split()
    headers = [
        (name, f'"{os.path.basename(name)}"') for name in house.files(".h")
        if house.room(name) in house.ENGINE + ("drivers", "personalities", "oracle", "sim")
    ]
    base = ["gcc", "-xc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-Wno-unused"]

    def command(name):
        flags = [] if house.RTE_HEADERS.get(house.room(name)) == () else dpdk
        return base + room_flags(name) + flags

    yield from compile_all(command, headers)


def banned_names():
    """banned.h, after rte_mbuf.h and the C library, stops each call it names and no member"""
    out = subprocess.run(["pkg-config", "--cflags", "libdpdk"], capture_output=True, text=True)
    dpdk = out.stdout.replace("-I", "-isystem ").split()
    names = re.findall(r"#define (\w+)\(\.\.\.\)", house.text("stack/base/banned.h"))
    start = "#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\n#include <rte_mbuf.h>\n"
    start += '#include "banned.h"\n'
    fine = "struct s { int time, exit; };\nint f(struct s *s, int random);\n"
    fine += "int f(struct s *s, int random) { return s->time + s->exit + random; }\n"
    if not names:
        yield "stack/base/banned.h: names nothing"
    for compiler in ("gcc", "clang"):
        command = [compiler, "-xc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror"]
        command += ["-Wno-unused-parameter", "-Istack/base", *dpdk, "-fsyntax-only", "-"]
        command += ["-ferror-limit=0"] if compiler == "clang" else []

        def compiles(body, command=command):
            return subprocess.run(command, input=start + body, capture_output=True, text=True, cwd=house.ROOT)

        if compiles(fine).returncode:
            yield f"stack/base/banned.h: {first_errors(compiles(fine).stderr)}"
        # All in one go: the compiler reports each.
        errors = compiles("".join(f"void f{i}(void) {{ {n}(0); }}\n" for i, n in enumerate(names))).stderr
        for name in names:
            if f"{name}_is_banned_from_the_engine" not in errors:
                yield f"stack/base/banned.h: {compiler} lets {name} pass"


RULES = [public_as_c, public_as_cxx, private_alone, banned_names]
