"""The kernel's settings that a script makes, as knobs of a personality."""

import os
import re

# What packetdrill's scripts call a production configuration: 15 MB receive buffers make a scale of 8.
DEFAULTS = {"tcp_ecn": "0"}
SETTING = re.compile(r"(?:net[./]ipv4[./])(\w+)=(\"[^\"]*\"|'[^']*'|[^\s;&|`\\]+)")


def commands(text):
    """What the script runs before its first event."""
    head = re.split(r"(?m)^\s*(?:\+?[0-9.]+|\*)\s+(?!`)", text, maxsplit=1)[0]
    return " ".join(re.findall(r"`([^`]*)`", head))


def settings(text, path):
    found = dict(DEFAULTS)
    run = commands(text)
    for name in re.findall(r"(\S*defaults\.sh)", run):
        file = os.path.join(os.path.dirname(os.path.abspath(path)), name)
        if os.path.exists(file):
            with open(file, encoding="utf-8") as f:
                found.update(SETTING.findall(f.read()))
    found.update(SETTING.findall(run))
    return {k: v.strip("\"'") for k, v in found.items()}


def key(text, path):
    return settings(text, path).get("tcp_fastopen_key", "0-0-0-0")


def route(text):
    """What a script says of the route to its peer before it begins."""
    found = re.search(r"ip (-6 )?route change \S+ ([^`;]*)", commands(text))
    if not found:
        return []
    said = {word: int(value) for word, value in re.findall(r"(advmss|mtu lock|initcwnd) (\d+)", found.group(2))}
    if found.group(1) and "mtu lock" in said:
        said["mtu lock"] -= 20  # the run has the shorter headers of IPv4
    names = {"advmss": "tcp.mss.value", "mtu lock": "tcp.path-mtu.initial", "initcwnd": "tcp.congestion.initial-window"}
    return [f"{names[word]}={value}" for word, value in said.items()]


def knobs(text, path):
    s = settings(text, path)
    out = ["tcp.wscale=8"] + route(text)
    if s.get("tcp_mtu_probing") == "2":
        out.append("tcp.path-mtu.probes=on")
    if "tcp_base_mss" in s:
        out.append("tcp.path-mtu.base=" + str(int(s["tcp_base_mss"]) + 40))
    if "tcp_fastopen" in s:
        out.append("fastopen=" + s["tcp_fastopen"])
    if "tcp_fastopen_key" in s:
        out.append("fastopen-key=" + s["tcp_fastopen_key"])
    # Half of the receive buffer, and no more than 64 KB, is offered at first.
    rmem = s.get("tcp_rmem", "").split()
    if len(rmem) == 3 and int(rmem[1]) > 131072:
        window = "{rule: constant, base: 65535}"
        out += [f"tcp.syn.window={window}", f"tcp.synack.window={window}"]
    if s.get("tcp_timestamps") == "0":
        layout = "[mss, nop, nop, sackok, nop, wscale]"
        out += [f"tcp.syn.options={layout}", f"tcp.synack.options={layout}"]
    if s["tcp_ecn"] == "1":
        out.append("tcp.ecn.offer=on")
    elif s["tcp_ecn"] == "0":
        out.append("tcp.ecn.answer=refuse")
    if "tcp_min_tso_segs" in s:
        out.append("tcp.push-bursts=" + s["tcp_min_tso_segs"])
    if re.search(r"tc qdisc (add|replace) dev tun0 root fq\b", commands(text)):
        out.append("tcp.congestion.pacing=on")
    if "tcp_slow_start_after_idle" in s:
        out.append("tcp.congestion.restart=" + ("on" if s["tcp_slow_start_after_idle"] == "1" else "off"))
    if s.get("tcp_early_retrans") == "0":
        out.append("tcp.recovery.tail-probe=off")
    if s.get("tcp_congestion_control") == "reno":
        out.append("tcp.congestion.algorithm=newreno")
    return out
