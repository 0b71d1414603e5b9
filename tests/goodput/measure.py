"""One measure: the kernel and mien send over like paths to the same receiver, all at once.

             kernel -- veth --.
                              path -- veth -- kernel, the receiver
    mien serve ------- tap ---'

Every cell gets two paths of its own, with the same rate, queue, delay and seed of losses; one of them begins at an
address of the kernel's, the other at a host of mien's. The path itself loses frames in front of its queue, or nftables
does where they arrive, by chance.
"""

import gzip
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))

import mien
import netns

ENDPOINT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "endpoint.py")
PATH = os.path.join(mien.BUILD, "tests", "goodput", "path")
PORT = 19
RECEIVER = "10.80.0.1"
FRAME, PAYLOAD = 1538, 1448  # a full segment on the wire, with preamble, FCS and gap
LEAST_QUEUE = 8 * FRAME
SEND_BUFFER = 4 << 20
MBUFS = 131072
MANY = 24  # connections from which on mien takes three times as many, and buffers half as much
SETTINGS = {
    "net.ipv4.tcp_no_metrics_save": 1,
    "net.ipv4.tcp_rmem": "4096 131072 33554432",
    "net.ipv4.tcp_wmem": f"4096 16384 {4 * SEND_BUFFER}",
}


@dataclass(frozen=True)
class Cell:
    """loss in percent, rtt in ms, queue in bandwidth-delay products, rate in Mbit/s"""

    loss: float
    rtt: float
    queue: float
    rate: float = 20

    def queue_bytes(self):
        return max(int(self.queue * self.rate * 1e3 * self.rtt / 8), LEAST_QUEUE)

    def loss_ppm(self):
        return round(self.loss * 1e4)

    def path(self, address, link, seed, loses=True):
        return (f"{address} {link} {int(self.rate * 1e6)} {int(self.rtt * 500)} {self.queue_bytes()} "
                f"{self.loss_ppm() if loses else 0} {seed}\n")

    def ceiling(self):
        """Mbit/s of payload in full segments."""
        return self.rate * PAYLOAD / FRAME


def why_not():
    if not os.access(PATH, os.X_OK):
        return f"{os.path.relpath(PATH, mien.SRC)} is not built"
    return mien.why_not()


def tick_ms():
    """Of the kernel's clock; None where it does not tell."""
    for name, opened in (("/proc/config.gz", gzip.open), (f"/boot/config-{os.uname().release}", open)):
        try:
            with opened(name, "rt", encoding="utf-8") as file:
                found = re.search(r"^CONFIG_HZ=(\d+)$", file.read(), re.M)
        except OSError:
            continue
        if found:
            return 1000 / int(found[1])
    return None


def like_the_kernel(personality):
    """RACK's timer waits two ticks longer than it might, and to the end of a third; the profile's are of 1 ms."""
    tick = tick_ms()
    if tick is None or not personality.startswith("linux-"):
        return []
    return ["--set", f"tcp.recovery.reorder-slack={round(3 * tick) if tick > 1 else 2}ms"]


def _urgent(command):
    """Real-time priority: what waits for others' processes is no property of a TCP."""
    return ["chrt", "-f", "20", *command]


def _bare(net, ns, interface):
    """Frames as they are on a wire, with their checksums."""
    for feature in ("tso", "gso", "gro", "tx", "sg"):
        net.run(ns, ["ethtool", "-K", interface, feature, "off"])


class Lab:
    """The namespaces, and the kernel's sender; measure() may be called often."""

    def __init__(self, net, most, personality="linux-6.18", capture=False, kernel_cc="cubic", nftables=False):
        self.net, self.personality, self.capture, self.runs = net, personality, capture, 0
        self.nftables = nftables
        self.left, self.middle, self.right = (net.namespace(name) for name in ("send", "path", "recv"))
        net.veth((self.left, "eth0", f"10.80.1.1/16"), (self.middle, "left", None))
        net.veth((self.right, "eth0", f"{RECEIVER}/16"), (self.middle, "right", None))
        for ns in (self.left, self.right):
            for key, value in SETTINGS.items():
                net.run(ns, ["sysctl", "-qw", f"{key}={value}"])
            _bare(net, ns, "eth0")
        for interface in ("left", "right"):
            _bare(net, self.middle, interface)
        self.kernel = [f"10.80.1.{i + 1}" for i in range(most)]
        self.mien = [f"10.80.2.{i + 1}" for i in range(most)]
        for address in self.kernel[1:]:
            net.run(self.left, ["ip", "addr", "add", f"{address}/16", "dev", "eth0"])
        sender = net.start(self.left, _urgent([sys.executable, ENDPOINT, "send", str(PORT), kernel_cc]), "send.log")
        sender.wait_line("ready")

    def _serve(self, count, extra):
        """A new process each time: no cell finds what an earlier one left."""
        hosts = os.path.join(self.net.logs, "hosts.yaml")
        with open(hosts, "w", encoding="utf-8") as out:
            out.write(f"prefix: 16\nhosts:\n  - {{address: 10.80.2.1-10.80.2.{count}, "
                      f"personality: {self.personality}, mac: \"02:00:00:50:00:01+\", tcp: [\"{PORT}=chargen\"]}}\n")
        many = count >= MANY
        room = [str(3 * MBUFS), "--eal", "-m 3072"] if many else [str(MBUFS)]
        process = self.net.start(self.middle, _urgent([
            mien.BINARY, "serve", "--port", f"tap:{mien.TAP}", "--hosts", hosts, "--no-offloads",
            "--mbufs", *room, "--send-buffer", str(SEND_BUFFER >> many), "--poll", "adaptive",
            *like_the_kernel(self.personality), *extra]), "serve.log")
        netns.wait_until(lambda: mien.is_up(self.middle, mien.TAP) or process.popen.poll() is not None, 15, "tap")
        process.wait_line("ready", 20)
        return process

    def _paths(self, cells, seed):
        process = subprocess.Popen(
            self.net.command(self.middle, ["chrt", "-f", "30", PATH, "right"]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for i, cell in enumerate(cells):
            process.stdin.write(cell.path(self.kernel[i], "left", seed + i, not self.nftables))
            process.stdin.write(cell.path(self.mien[i], mien.TAP, seed + i, not self.nftables))
        process.stdin.close()
        process.stdin = None
        if process.stdout.readline() != "ready\n":
            raise netns.Failure("the paths were not made")
        return process

    def _rules(self, cells):
        """What nftables' random numbers drop at the receiver's interface."""
        losing = {}
        for i, cell in enumerate(cells):
            if cell.loss:
                losing.setdefault(cell.loss_ppm(), []).extend((self.kernel[i], self.mien[i]))
        rules = "".join(f"add rule netdev goodput in ip saddr {{ {', '.join(hosts)} }} "
                        f"numgen random mod 1000000 < {ppm} drop\n" for ppm, hosts in losing.items())
        file = os.path.join(self.net.logs, "losses.nft")
        with open(file, "w", encoding="utf-8") as out:
            out.write("add table netdev goodput\ndelete table netdev goodput\nadd table netdev goodput\n"
                      "add chain netdev goodput in { type filter hook ingress device eth0 priority 0; }\n" + rules)
        self.net.run(self.right, ["nft", "-f", file])

    def measure(self, cells, seconds, seed, extra=()):
        """[(kernel, mien)] in Mbit/s of payload, a pair for each cell."""
        if self.nftables:
            self._rules(cells)
        server = self._serve(len(cells), extra)
        paths = self._paths(cells, seed)
        self.runs += 1
        tap = None
        try:
            if self.capture:
                pcap = os.path.join(self.net.logs, f"run-{self.runs}.pcap")
                tap = self.net.capture(self.right, "eth0", pcap)
            done = self.net.run(
                self.right, _urgent([sys.executable, ENDPOINT, "receive", str(seconds), str(PORT),
                                     *self.kernel[:len(cells)], *self.mien[:len(cells)]]), timeout=seconds + 70)
        finally:
            if tap:
                tap.stop()
            paths.terminate()
            self.said = paths.communicate()[0]
            server.stop()
        got = json.loads(done.stdout)
        rate = lambda address: got[address] * 8 / seconds / 1e6
        return [(rate(self.kernel[i]), rate(self.mien[i])) for i in range(len(cells))]
