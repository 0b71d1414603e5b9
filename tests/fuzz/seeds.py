"""What libFuzzer's targets begin with where it is bytes: frames, TCP options, captures, choices. Texts lie in seeds/.

make(FOLDER) writes FOLDER/{frames,options,captures,stack,worn}/*, and FOLDER/profiles.dict, the knobs' names.
"""
import re
import struct

HOST, PEER = b"\x0a\0\0\1", b"\x0a\0\0\x09"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(kind, body, tag=b""):
    return b"\2\0\0\0\0\1" + b"\2\0\0\0\1\x09" + tag + struct.pack(">H", kind) + body


def ip4(protocol, body, options=b"", fragment=0, source=PEER, target=HOST):
    head = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(body), 7, fragment, 64, protocol,
                       0, source, target) + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


def transport(protocol, body, at, source=PEER, target=HOST):
    total = checksum(source + target + struct.pack(">BBH", 0, protocol, len(body)) + body)
    return body[:at] + struct.pack(">H", total) + body[at + 2:]


def tcp(flags, seq, ack, options=b"", data=b"", port=80, peer=2000, source=PEER, target=HOST):
    head = struct.pack(">HHIIBBHHH", peer, port, seq, ack, (5 + len(options) // 4) << 4, flags, 65535, 0, 0)
    if source == HOST:
        head = struct.pack(">HH", port, peer) + head[4:]
    return ethernet(0x0800, ip4(6, transport(6, head + options + data, 16, source, target), source=source, target=target))


def udp(data, port=7):
    return ethernet(0x0800, ip4(17, transport(17, struct.pack(">HHHH", 2000, port, 8 + len(data), 0) + data, 6)))


def icmp(kind, code, rest):
    body = struct.pack(">BBH", kind, code, 0) + rest
    return ethernet(0x0800, ip4(1, body[:2] + struct.pack(">H", checksum(body)) + body[4:]))


def arp(operation):
    return ethernet(0x0806, struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + b"\2\0\0\0\1\x09" + PEER + bytes(6) + HOST)


SYN_OPTIONS = b"\2\4\5\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\0\1\3\3\7"
OPTIONS = {
    "syn": SYN_OPTIONS,
    "sack": b"\1\1\5\x12" + struct.pack(">IIII", 1000, 2000, 3000, 4000),
    "stamps": b"\1\1\x08\x0a\0\0\0\2\0\0\0\1",
    "odd": b"\x1d\x04\xfe\x04\x22\x0a12345678\0\0",
    "short": b"\2\4\5",
}


def ip6(next_header, body):
    return ethernet(0x86DD, struct.pack(">IHBB", 6 << 28, len(body), next_header, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + body)


def frames():
    quote = ip4(6, struct.pack(">HHI", 80, 2000, 1), source=HOST, target=PEER)
    return {
        "arp": arp(1), "arp-reply": arp(2), "syn": tcp(2, 100, 0, SYN_OPTIONS), "data": tcp(24, 101, 1, b"", b"GET /\r\n\r\n"),
        "tagged": ethernet(0x0800, ip4(1, b"\x08\0\xf7\xff\0\0\0\0"), tag=b"\x81\0\0\5"), "udp": udp(b"hello"),
        "echo": icmp(8, 0, b"\0\1\0\1hello"), "unreachable": icmp(3, 4, b"\0\0\2\x40" + quote),
        "fragment": ethernet(0x0800, ip4(17, b"x" * 24, fragment=0x2000)),
        "options": ethernet(0x0800, ip4(17, b"y" * 8, options=b"\x07\x0b\x04" + bytes(8) + b"\0")),
        "ip6": ip6(58, b"\x80\0\0\0\0\1\0\1"), "ip6-chain": ip6(0, b"\x2b\0\1\4\0\0\0\0" + b"\x3a\0\0\0\0\0\0\0" + b"\x87\0\0\0" + bytes(20)),
    }


def pcap(packets, link=1):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for i, packet in enumerate(packets):
        out += struct.pack("<IIII", 1000 + i, i, len(packet), len(packet)) + packet
    return out


def pcapng(packets):
    out = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 65535, 20)
    for i, packet in enumerate(packets):
        padded = packet + bytes(-len(packet) % 4)
        size = 32 + len(padded)
        out += struct.pack("<IIIIIII", 6, size, 0, 0, 1000 + i, len(packet), len(packet)) + padded + struct.pack("<I", size)
    return out


def captures():
    """A client of two hosts, what a host answers, and the same without Ethernet."""
    client = [arp(1), tcp(2, 100, 0, SYN_OPTIONS), tcp(16, 101, 1), tcp(24, 101, 1, b"", b"GET / HTTP/1.0\r\n\r\n"),
              icmp(8, 0, b"\0\1\0\1hello"), udp(b"hello"), tcp(17, 119, 1)]
    host = [tcp(2, 100, 0, SYN_OPTIONS), tcp(18, 900, 101, SYN_OPTIONS, source=HOST, target=PEER),
            tcp(2, 300, 0, SYN_OPTIONS, port=81), tcp(20, 0, 301, port=81, source=HOST, target=PEER),
            tcp(16, 901, 110, source=HOST, target=PEER)]
    raw = [f[14:] for f in client[1:]]
    return {"client.pcap": pcap(client), "host.pcap": pcap(host), "client.pcapng": pcapng(client), "raw.pcap": pcap(raw, 101)}


def choices():
    """Bytes that spread over what a first choice can be."""
    return {f"{i:02}": bytes([0, 0, i, i, i, 0, 0, i, i]) + bytes((i * 37 + j * 101 + j * j) & 255 for j in range(160)) for i in range(24)}


def make(folder, knobs):
    sets = {
        "frames": {name: b"\0" + frame for name, frame in frames().items()},
        "options": OPTIONS,
        "captures": captures(),
        "stack": choices(),
        "worn": {name: data[2:] for name, data in choices().items()},
    }
    sets["frames"] |= {f"{name}-alone": b"\1" + frame[14:] for name, frame in frames().items()}
    for kind, files in sets.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / kind / name).write_bytes(data)
    words = sorted({w for key in re.findall(r'"([a-z0-9.-]+)"', knobs.read_text()) for w in key.split(".") if w})
    (folder / "profiles.dict").write_text("".join(f'"{word}"\n' for word in words))
