"""Traffic at full speed through the process that is scanned, and whether a scan says the same as at rest."""

import os
import subprocess
import time

import agreement
import mien
import netns
import osdb

STREAMS = 3
SIZE = 4 << 30  # of a file without blocks: none of them ends before the scan does
TIMED = ("SP", "ISR")  # nmap takes them from the times at which it could send


class Load:
    """Downloads from one host of a process, as fast as it can, until the block is left."""

    def __init__(self, net, ns, server, address, www, control):
        self.net, self.ns, self.server, self.address, self.control = net, ns, server, address, control
        with open(os.path.join(www, "endless"), "wb") as out:
            out.truncate(SIZE)
        self.streams = []

    def __enter__(self):
        loop = f"while curl -s -o /dev/null http://{self.address}/endless; do :; done"
        self.streams = [self.net.start(self.ns, ["sh", "-c", loop], f"load-{i}.log") for i in range(STREAMS)]
        self.begin = self.now()
        return self

    def now(self):
        """Seconds, bytes sent, and for each thread the seconds in which it ran or would have."""
        stack = mien.stats(self.net, self.ns, self.control)["stacks"][0]
        threads = {}
        for thread in os.listdir(f"/proc/{self.server.popen.pid}/task"):
            with open(f"/proc/{self.server.popen.pid}/task/{thread}/schedstat", encoding="utf-8") as stat:
                threads[thread] = sum(int(n) for n in stat.read().split()[:2]) / 1e9
        return time.monotonic(), stack["counters"]["tx_bytes"], threads

    def rate(self):
        """Gbit/s since the beginning, and the part of the time in which the busiest thread had something to do."""
        (begin, sent, was), (end, more, threads) = self.begin, self.now()
        busy = max(threads[thread] - was.get(thread, 0) for thread in threads)
        return (more - sent) * 8 / (end - begin) / 1e9, busy / (end - begin)

    def __exit__(self, *unused):
        for stream in self.streams:
            if stream.popen.poll() is not None:
                raise netns.Failure(f"{stream.name}: ended too early")
            subprocess.run(["pkill", "-P", str(stream.popen.pid)], check=False)
            stream.popen.kill()
            stream.popen.wait()


def differences(calm, busy):
    """What two scans of a host say otherwise, a line each. A scan is (matches, fingerprint, ports)."""
    found = [f"port {p}: {calm[2].get(p)}, under load {busy[2].get(p)}"
             for p in sorted({*calm[2], *busy[2]}) if calm[2].get(p) != busy[2].get(p)]
    here, there = osdb.parse_print(calm[1]), osdb.parse_print(busy[1])
    for line in sorted({*here, *there} - {"SCAN"}):
        a, b = here.get(line, {}), there.get(line, {})
        for name in sorted({*a, *b} - set(TIMED)):
            if name not in a or name not in b or not agreement.equal(name, a[name], b[name], None, 0):
                found.append(f"{line}.{name}: {a.get(name)}, under load {b.get(name)}")
    return found
