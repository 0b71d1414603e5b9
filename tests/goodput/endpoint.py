#!/usr/bin/env python3
"""The kernel's ends of the goodput measures.

    endpoint.py send PORT CC         gives whoever connects bytes without end, under this congestion control
    endpoint.py receive SECONDS PORT ADDRESS...
                                     takes from all at once for so long each; prints bytes by address, as JSON
"""

import json
import selectors
import socket
import sys
import time

BLOCK = bytes(1 << 16)
ROOM = bytearray(1 << 20)
GIVE_UP = 60


def send(port, cc):
    listener = socket.create_server(("", port), backlog=256)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, cc.encode())
    selector = selectors.EpollSelector()
    selector.register(listener, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                sock, _ = listener.accept()
                sock.setblocking(False)
                selector.register(sock, selectors.EVENT_WRITE)
                continue
            try:
                while key.fileobj.send(BLOCK) == len(BLOCK):
                    pass
            except BlockingIOError:
                pass
            except OSError:
                selector.unregister(key.fileobj)
                key.fileobj.close()


class Taker:
    """One connection: bytes of its first seconds after the handshake."""

    def __init__(self, address, port):
        self.address = address
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.connect_ex((address, port))
        self.began = None
        self.count = 0

    def ready(self, now, selector):
        if self.began is None:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                sys.exit(f"{self.address}: error {error}")
            self.began = now
            selector.modify(self.sock, selectors.EVENT_READ, self)
            return
        try:
            # Linux throws the bytes away instead of copying them.
            self.count += self.sock.recv_into(ROOM, len(ROOM), socket.MSG_TRUNC)
        except BlockingIOError:
            pass


def receive(seconds, port, addresses):
    selector = selectors.EpollSelector()
    takers = [Taker(address, port) for address in addresses]
    for taker in takers:
        selector.register(taker.sock, selectors.EVENT_WRITE, taker)
    started = time.monotonic()
    left = set(takers)
    while left:
        events = selector.select(0.05)
        now = time.monotonic()
        for key, _ in events:
            key.data.ready(now, selector)
        for taker in [t for t in left if t.began and now - t.began >= seconds]:
            selector.unregister(taker.sock)
            left.remove(taker)
        if now - started > seconds + GIVE_UP:
            sys.exit(f"not connected: {' '.join(t.address for t in left)}")
    print(json.dumps({t.address: t.count for t in takers}))


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(int(sys.argv[2]), sys.argv[3])
    receive(float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
