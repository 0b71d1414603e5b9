#!/usr/bin/env python3
"""The kernel's side of the live tests: small TCP clients and servers that check what they carry.

    peer.py echo HOST PORT BYTES          send to an echo service, compare the SHA-256 of both directions
    peer.py row HOST PORT COUNT           COUNT connections one after the other, each echoing a few bytes
    peer.py atonce HOST PORT COUNT        COUNT connections open together, each echoing a few bytes
    peer.py rounds HOST PORT COUNT ROUNDS BYTES   COUNT connections kept open: in each round each echoes BYTES
    peer.py udp HOST PORT COUNT           COUNT datagrams of growing size to an echo service
    peer.py fast HOST PORT COUNT          COUNT connections whose bytes go with the SYN, each echoed
    peer.py fastd PORT COUNT              take COUNT connections that may bring bytes with their SYN, print how many did
    peer.py sink PORT                     take one connection to its end, print bytes and SHA-256
    peer.py source PORT BYTES             give BYTES to one connection, print bytes and SHA-256
    peer.py echod PORT                    an echo service, TCP and UDP, to try the others against
"""

import asyncio
import hashlib
import resource
import selectors
import socket
import sys
import threading
import time

BLOCK = 1 << 16


def pattern(total):
    """Blocks without a period that a lost, doubled or swapped segment could hide in."""
    base = bytearray()
    counter = 0
    while len(base) < 1 << 20:
        base += hashlib.sha256(counter.to_bytes(8, "big")).digest()
        counter += 1
    view = memoryview(bytes(base))
    sent = step = 0
    while sent < total:
        start = (step * 7919) % (len(base) - BLOCK)
        size = min(BLOCK, total - sent)
        yield view[start : start + size]
        sent += size
        step += 1


def rate(total, started):
    seconds = time.monotonic() - started
    return f"{total} bytes in {seconds:.2f} s, {total * 8 / seconds / 1e6:.0f} Mbit/s"


SYN_DATA = 32  # of tcpi_options


def had_syn_data(sock):
    return sock.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 8)[5] & SYN_DATA != 0


def fast(host, port, count):
    taken = 0
    for n in range(count):
        text = bytes([n % 256]) * (1 + n * 37 % 4000)
        with socket.socket() as sock:
            sock.sendto(text, socket.MSG_FASTOPEN, (host, port))  # waits for the SYN-ACK without a cookie
            sock.settimeout(20)
            sock.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: sock.recv(65536), b""))
            if got != text:
                sys.exit(f"connection {n}: sent {len(text)} bytes, got {len(got)}")
            taken += had_syn_data(sock)
    print(f"taken {taken}")


def fastd(port, count):
    taken = total = 0
    digest = hashlib.sha256()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.setsockopt(socket.SOL_TCP, socket.TCP_FASTOPEN, 16)
        listener.listen(64)
        print("ready", flush=True)
        for _ in range(count):
            sock, _ = listener.accept()
            with sock:
                sock.settimeout(20)
                taken += had_syn_data(sock)
                total += receive_all(sock, digest)
    print(f"taken {taken} received {total} {digest.hexdigest()}", flush=True)


def send_all(sock, total, digest):
    for block in pattern(total):
        digest.update(block)
        sock.sendall(block)


def receive_all(sock, digest):
    total = 0
    buffer = bytearray(1 << 20)
    while True:
        got = sock.recv_into(buffer)
        if got == 0:
            return total
        digest.update(memoryview(buffer)[:got])
        total += got


def echo(host, port, total):
    sent, received = hashlib.sha256(), hashlib.sha256()
    with socket.create_connection((host, port), timeout=60) as sock:
        started = time.monotonic()

        def writer():
            send_all(sock, total, sent)
            sock.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=writer, daemon=True)
        thread.start()
        got = receive_all(sock, received)
        thread.join(10)
    print(rate(got, started))
    if got != total or sent.digest() != received.digest():
        sys.exit(f"sent {total} bytes {sent.hexdigest()}, got {got} bytes {received.hexdigest()}")


def row(host, port, count):
    started = time.monotonic()
    for number in range(count):
        message = b"connection %d\n" % number
        with socket.create_connection((host, port), timeout=20) as sock:
            sock.sendall(message)
            got = b""
            while len(got) < len(message):
                piece = sock.recv(4096)
                if not piece:
                    sys.exit(f"connection {number}: closed after {len(got)} bytes")
                got += piece
            if got != message:
                sys.exit(f"connection {number}: sent {message!r}, got {got!r}")
    seconds = time.monotonic() - started
    print(f"{count} connections in {seconds:.2f} s, {count / seconds:.0f} a second")


def at_once(host, port, count):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
    selector = selectors.DefaultSelector()
    waiting = {}
    for number in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((host, port))
        waiting[sock] = [number, b""]
        selector.register(sock, selectors.EVENT_WRITE)
    connected, done, end = 0, 0, time.monotonic() + 60
    started = time.monotonic()

    def step(sock, events):
        nonlocal connected, done
        number, got = waiting[sock]
        message = b"connection %d\n" % number
        if events & selectors.EVENT_WRITE:
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                sys.exit(f"connection {number}: errno {error}")
            connected += 1
            selector.unregister(sock)
            # None speaks before all are there: so many are open together.
            if connected == count:
                for other in waiting:
                    other.send(b"connection %d\n" % waiting[other][0])
                    selector.register(other, selectors.EVENT_READ)
            return
        got += sock.recv(4096)
        waiting[sock][1] = got
        if got == message:
            done += 1
            selector.unregister(sock)
        elif not message.startswith(got) or not got:
            sys.exit(f"connection {number}: got {got!r}")

    while done < count:
        if time.monotonic() > end:
            sys.exit(f"{connected} of {count} connected, {done} answered")
        for key, events in selector.select(1):
            step(key.fileobj, events)
    print(f"{count} connections open together, answered in {time.monotonic() - started:.2f} s")
    for sock in waiting:
        sock.close()


async def keep_going(host, port, count, rounds, size):
    """Nobody waits for the others but to begin and to tell of a round."""
    done = [0] * rounds

    async def go_on(number, reader, writer):
        for turn in range(rounds):
            message = hashlib.sha256(b"%d %d" % (number, turn)).digest() * (size // 32)
            writer.write(message)
            if await reader.readexactly(len(message)) != message:
                sys.exit(f"connection {number}: round {turn} came back changed")
            done[turn] += 1
            if done[turn] == count:
                print(f"round {turn}", flush=True)
        writer.close()

    gate = asyncio.Semaphore(100)

    async def come_in():
        async with gate:
            return await asyncio.open_connection(host, port)

    pairs = await asyncio.gather(*(come_in() for _ in range(count)))
    print("open", flush=True)
    await asyncio.gather(*(go_on(number, *pair) for number, pair in enumerate(pairs)))


def rounds(host, port, count, turns, size):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
    started = time.monotonic()
    asyncio.run(keep_going(host, port, count, turns, size))
    print(f"{count} connections, each {turns} times {size} bytes there and back, in {time.monotonic() - started:.1f} s")


def udp(host, port, count):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect((host, port))
        for number in range(count):
            message = bytes((number + i) & 255 for i in range(number * 29 % 1400 + 1))
            sock.send(message)
            if sock.recv(65535) != message:
                sys.exit(f"datagram {number} of {len(message)} bytes came back changed")
    print(f"{count} datagrams echoed")


def listen(port):
    sock = socket.create_server(("", port))
    print("ready", flush=True)
    connection, _ = sock.accept()
    return connection


def sink(port):
    with listen(port) as connection:
        started, digest = time.monotonic(), hashlib.sha256()
        total = receive_all(connection, digest)
    print(rate(total, started))
    print(f"received {total} {digest.hexdigest()}")


def source(port, total):
    with listen(port) as connection:
        started, digest = time.monotonic(), hashlib.sha256()
        send_all(connection, total, digest)
    print(rate(total, started))
    print(f"sent {total} {digest.hexdigest()}")


class UdpEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def echo_service(port):
    async def serve(reader, writer):
        while data := await reader.read(BLOCK):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "", port, backlog=2048)
    await asyncio.get_running_loop().create_datagram_endpoint(UdpEcho, ("0.0.0.0", port))
    print("ready", flush=True)
    await server.serve_forever()


def echod(port):
    asyncio.run(echo_service(port))


def main():
    verbs = {"echo": echo, "row": row, "atonce": at_once, "rounds": rounds, "udp": udp, "sink": sink, "source": source,
             "echod": echod, "fast": fast, "fastd": fastd}
    if len(sys.argv) < 3 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    arguments = [int(a) if a.isdigit() else a for a in sys.argv[2:]]
    verbs[sys.argv[1]](*arguments)


if __name__ == "__main__":
    main()
