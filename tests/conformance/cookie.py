"""The Fast Open cookie that a listener gives a peer: SipHash-2-4 of both addresses."""

import ipaddress
import struct

MASK = (1 << 64) - 1


def rotl(x, n):
    return (x << n | x >> (64 - n)) & MASK


def siphash(key, data):
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[2] = (v[2] + v[3]) & MASK
            v[1] = rotl(v[1], 13) ^ v[0]
            v[3] = rotl(v[3], 16) ^ v[2]
            v[0] = rotl(v[0], 32)
            v[2] = (v[2] + v[1]) & MASK
            v[0] = (v[0] + v[3]) & MASK
            v[1] = rotl(v[1], 17) ^ v[2]
            v[3] = rotl(v[3], 21) ^ v[0]
            v[2] = rotl(v[2], 32)

    tail = len(data) % 8
    words = struct.unpack(f"<{len(data) // 8}Q", data[: len(data) - tail])
    last = int.from_bytes(data[len(data) - tail :], "little") | (len(data) & 0xFF) << 56
    for word in words + (last,):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def cookie(key, client, server):
    """key: as net.ipv4.tcp_fastopen_key has it."""
    raw = b"".join(int(part, 16).to_bytes(4, "little") for part in key.split("-"))
    both = ipaddress.ip_address(client).packed + ipaddress.ip_address(server).packed
    return siphash(raw, both).to_bytes(8, "little").hex()
