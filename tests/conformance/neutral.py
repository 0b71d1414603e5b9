"""A FreeBSD script in words that any stack can be held to, and that packetdrill's Linux dialect reads.

What only FreeBSD has goes (sysctl, sockstat, sizes of buffers, windows and options of its own SYNs); an acknowledgment of data in
order, which the script leaves to the delayed-ACK timer, and that of a FIN, which Linux leaves to it, are asked for at any
time, of a stack that is not FreeBSD's.
"""

import re

SEGMENT = re.compile(
    r"^(?P<time>[+0-9.~*]+)\s*(?P<dir>[<>])\s*(?P<flags>[A-Z.]+)\s+(?P<seq>\d+):(?P<end>\d+)\((?P<len>\d+)\)(?P<rest>.*)$"
)


AT_ONCE = re.compile(r"\+?0?\.?0*")

# How large FreeBSD makes its buffers.
BUFFER = re.compile(r"getsockopt\(\d+, SOL_SOCKET, SO_(RCV|SND)BUF,")


class Receiver:
    """What the stack has of the peer's stream, as the script goes on."""

    def __init__(self):
        self.next = 1
        self.parts = []

    def take(self, seq, end):
        """Whether the segment moves what is acknowledged."""
        before = self.next
        self.parts.append((seq, end))
        for a, b in sorted(self.parts):
            if a <= self.next < b:
                self.next = b
        return self.next != before


def without_comment(line):
    return line.split("//", 1)[0].rstrip()


def pure_ack(segment):
    return segment and segment["dir"] == ">" and segment["flags"] == "." and segment["len"] == "0"


def outbound(segment, any_time):
    rest = re.sub(r"\s+win\s+\d+", "", segment["rest"])
    if "S" in segment["flags"]:
        rest = re.sub(r"<.*>", "", rest).rstrip() + " <...>"
    rest = re.sub(r"\s*<\s*>", "", rest)
    # A pure acknowledgment that may be late may be early: FreeBSD delays it, others do not at first.
    time = segment["time"] if not pure_ack(segment) or not any_time and AT_ONCE.fullmatch(segment["time"]) else "*"
    return f"{time} > {segment['flags']} {segment['seq']}:{segment['end']}({segment['len']}){rest}"


def answered(lines, at):
    """Whether the script itself expects something before the next segment from the peer."""
    for line in lines[at + 1:]:
        segment = SEGMENT.match(line)
        if segment:
            return segment["dir"] == ">"
    return False


def neutral(text, acks=True):
    """acks: those of data in order may come at any time."""
    lines = [without_comment(line) for line in text.splitlines()]
    lines = [line for line in lines if line.strip() and "`" not in line and not BUFFER.search(line)]
    out, receiver, last_ack, read, fin = [], Receiver(), None, False, False
    for at, line in enumerate(lines):
        segment = SEGMENT.match(line)
        if not segment:
            read |= "recv(" in line and "MSG_PEEK" not in line
            out.append(line)
            continue
        if segment["dir"] == ">":
            if pure_ack(segment) and read and outbound(segment, fin).split(None, 1)[1] == last_ack:
                continue  # an update of the window: when one is worth sending is the stack's own affair
            out.append(outbound(segment, fin))
            last_ack = out[-1].split(None, 1)[1] if pure_ack(segment) else None
            read = False
            continue
        fin = acks and "F" in segment["flags"]
        out.append(line)
        read = False
        if segment["len"] != "0" and "S" not in segment["flags"] and "R" not in segment["flags"]:
            moved = receiver.take(int(segment["seq"]), int(segment["end"]))
            if acks and moved and not answered(lines, at):
                out.append(f"* > . 1:1(0) ack {receiver.next} <...>")
                last_ack = f"> . 1:1(0) ack {receiver.next}"
    first = next((i for i, line in enumerate(out) if re.match(r"^\s*[+0-9]", line)), None)
    if first is not None:
        out[first] = re.sub(r"^\s*\+?[0-9.]+", "0.00", out[first])
    return "\n".join(out) + "\n"
