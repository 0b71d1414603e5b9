"""Starting the `mien` command inside a namespace and asking it things."""

import json
import os

import netns

SRC = os.environ.get("MIEN_SRC") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("MIEN_BUILD") or os.path.join(SRC, "build-test")
BINARY = os.path.join(BUILD, "tools", "mien")
QUICK = os.environ.get("MIEN_QUICK") == "1"
SANITIZE = os.environ.get("MIEN_SANITIZE") == "1"

KERNEL, HOST = "10.77.0.1", "10.77.0.2"
TAP = "mien0"


def why_not():
    """The reason why live tests cannot run here, or None."""
    if not os.access(BINARY, os.X_OK):
        return f"{os.path.relpath(BINARY, SRC)} is not built"
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    if not os.path.exists("/dev/net/tun"):
        return "needs /dev/net/tun"
    return None


def is_up(ns, name):
    """The driver makes the interface, tries it out, makes it again and brings that one up."""
    return os.popen(f"ip -n {ns} -o link show dev {name} up 2>/dev/null").read() != ""


def open_tap(net, ns, process, address, tap=TAP, pcap=None):
    """Gives the kernel's end of the tap its address as soon as mien has brought it up.

    A capture into pcap starts before that: without an address nobody answers ARP, so it misses no
    connection. Returns the capture, if any.
    """
    netns.wait_until(lambda: is_up(ns, tap) or process.popen.poll() is not None, 15, f"{tap} in {process.name}")
    if process.popen.poll() is not None:
        raise netns.Failure(f"{process.name}: ended before {tap} was there{process.tail()}")
    capture = net.capture(ns, tap, pcap) if pcap else None
    net.run(ns, ["ip", "addr", "add", address, "dev", tap])
    return capture


def serve(net, ns, arguments, log="serve.log", address=f"{KERNEL}/24", tap=TAP):
    """`mien serve` on a tap in the namespace, ready, with the kernel at the other end."""
    process = net.start(ns, [BINARY, "serve", "--port", f"tap:{tap}", *arguments], log)
    open_tap(net, ns, process, address, tap)
    process.wait_line("ready", 60 if SANITIZE else 20)
    return process


def waited(process):
    """Seconds for which a running process had work and no processor: others had it."""
    with open(f"/proc/{process.popen.pid}/schedstat", encoding="utf-8") as stat:
        return int(stat.read().split()[1]) / 1e9


def connect(net, ns, arguments, log="connect.log", address=f"{KERNEL}/24", tap=TAP, pcap=None):
    """`mien connect` on a tap in the namespace, started; gives it and the capture, if any."""
    process = net.start(ns, [BINARY, "connect", "--port", f"tap:{tap}", *arguments], log)
    return process, open_tap(net, ns, process, address, tap, pcap)


def stats(net, ns, socket):
    """The counters of a running mien, as a dictionary."""
    done = net.run(ns, [BINARY, "ctl", "--ctl", socket, "stats", "--json"])
    return json.loads(done.stdout)


class Report:
    """Counts checks and prints one line for each."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, good, details=()):
        print(("ok   " if good else "FAIL ") + name, flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1
            for line in details:
                print(f"    {line}", flush=True)
        return good

    def skip(self, name, why):
        print(f"skip: {name}: {why}", flush=True)
        self.skipped += 1

    def run(self, name, function, *arguments):
        """Calls a test that raises netns.Failure when something is wrong."""
        try:
            function(*arguments)
        except netns.Failure as failure:
            return self.check(name, False, str(failure).splitlines())
        return self.check(name, True)

    def counted(self, counts):
        """Adds what a process of its own has counted, as the groups of its last line; whether it had one."""
        if counts:
            passed, failed, skipped = (int(n or 0) for n in counts.groups())
            self.passed, self.failed, self.skipped = (
                self.passed + passed, self.failed + failed, self.skipped + skipped)
        return bool(counts)

    def end(self):
        """Prints the summary line; the exit status."""
        tail = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}")
        return 1 if self.failed else 0
