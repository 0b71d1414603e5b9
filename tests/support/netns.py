"""Network namespaces, processes and captures for tests that need a kernel on the other side.

    with netns.Net() as net:
        ns = net.namespace("lan")
        server = net.start(ns, ["mien", "serve", ...], log="serve.log")
        server.wait_line("ready", timeout=10)
        net.run(ns, ["curl", "http://10.77.0.2/"])

Leaving the block ends the processes started in it, by their own pid, and deletes its namespaces.
Nothing is ever awaited by sleeping: wait_line() waits for a line, wait_until() for a condition.
"""

import ctypes
import os
import queue
import re
import signal
import subprocess
import tempfile
import sys
import threading
import time

_LIBC = ctypes.CDLL(None)
_PREFIX = "mien-"


class Failure(Exception):
    """What a test reports when something did not happen as expected."""


def exit_on_signal():
    """Makes SIGTERM leave through the with-blocks, so that they clean up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, frame: sys.exit(128 + n))


def _die_with_parent():
    _LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def wait_until(condition, timeout, what):
    """Polls a condition of the kernel's that nobody announces."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {timeout} s")
        time.sleep(0.01)


class Process:
    """A program in a namespace whose output is kept in a log and can be waited for."""

    def __init__(self, command, log, group=False):
        """With group, it leads a process group of its own and signals go to all of it, as Ctrl-C does."""
        self.group = group
        self.name = os.path.basename(log)
        self.log = log
        self.lines = queue.Queue()
        self.seen = []
        self.popen = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", preexec_fn=_die_with_parent, start_new_session=group,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with open(self.log, "w", encoding="utf-8") as log:
            for line in self.popen.stdout:
                log.write(line)
                log.flush()
                self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def wait_line(self, pattern, timeout=15):
        """The first line not yet seen that begins with the pattern (a regular expression)."""
        end = time.monotonic() + timeout
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise Failure(f"{self.name}: no line '{pattern}' within {timeout} s{self.tail()}") from None
            if line is None:
                self.popen.wait()
                raise Failure(f"{self.name}: ended ({self.popen.returncode}) before '{pattern}'{self.tail()}")
            self.seen.append(line)
            if re.match(pattern, line):
                return line

    def wait(self, timeout=60):
        try:
            self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name}: still running after {timeout} s{self.tail()}") from None
        self.reader.join(5)
        return self.popen.returncode

    def stop(self, number=signal.SIGTERM, timeout=10):
        """Asks it to end; the exit status, or a Failure when it had to be killed."""
        if self.popen.poll() is None:
            if self.group:
                os.killpg(self.popen.pid, number)
            else:
                self.popen.send_signal(number)
        try:
            return self.wait(timeout)
        except Failure:
            self.popen.kill()
            self.popen.wait()
            raise

    def output(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def tail(self, count=15):
        self.reader.join(0.2)
        return "".join("\n    | " + line for line in self.output().splitlines()[-count:])


class Capture(Process):
    """A tcpdump that listens already; stop() completes its file."""

    def stop(self, number=signal.SIGINT, timeout=10):
        status = super().stop(number, timeout)
        lost = re.search(r"(\d+) packets? dropped by kernel", self.output())
        if status == 0 and lost and int(lost.group(1)):
            raise Failure(f"{self.name}: the capture lost {lost.group(1)} packets and proves nothing")
        return status


class Net:
    """The namespaces, links and processes of one test."""

    def __init__(self, logs=None):
        self.logs = logs or os.environ.get("MIEN_LOG") or tempfile.mkdtemp(prefix="mien-logs-")
        self.names = []
        self.processes = []
        os.makedirs(self.logs, exist_ok=True)

    def __enter__(self):
        _delete_orphans()
        return self

    def __exit__(self, *unused):
        for process in reversed(self.processes):
            if process.popen.poll() is None:
                process.popen.terminate()
        for process in reversed(self.processes):
            try:
                process.popen.wait(5)
            except subprocess.TimeoutExpired:
                process.popen.kill()
                process.popen.wait()
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False)

    def namespace(self, label):
        """A namespace of this process's own, with loopback up and no IPv6 chatter."""
        name = f"{_PREFIX}{os.getpid()}-{label}"
        _ip("netns", "add", name)
        self.names.append(name)
        self.run(name, ["ip", "link", "set", "lo", "up"])
        for scope in ("all", "default"):
            self.run(name, ["sysctl", "-qw", f"net.ipv6.conf.{scope}.disable_ipv6=1"])
        return name

    def veth(self, left, right):
        """Joins two (namespace, interface, address/prefix or None) by a virtual cable."""
        _ip("link", "add", left[1], "netns", left[0], "type", "veth", "peer", right[1], "netns", right[0])
        for ns, interface, address in (left, right):
            self.address(ns, interface, address)

    def address(self, ns, interface, address):
        """Gives an interface its address, if any, and brings it up."""
        if address:
            self.run(ns, ["ip", "addr", "add", address, "dev", interface])
        self.run(ns, ["ip", "link", "set", interface, "up"])

    def command(self, ns, command):
        return ["ip", "netns", "exec", ns, *command]

    def run(self, ns, command, timeout=60, check=True):
        """Runs a command to its end inside a namespace."""
        try:
            done = subprocess.run(
                self.command(ns, command), stdin=subprocess.DEVNULL, capture_output=True,
                text=True, errors="replace", timeout=timeout, preexec_fn=_die_with_parent,
            )
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(command)}: still running after {timeout} s") from None
        if check and done.returncode:
            raise Failure(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
        return done

    def start(self, ns, command, log, kind=Process):
        """Starts a command inside a namespace; `ip netns exec` becomes the command itself."""
        process = kind(self.command(ns, command), os.path.join(self.logs, log))
        self.processes.append(process)
        return process

    def capture(self, ns, interface, file, count=None, expression=()):
        """Starts tcpdump and returns once it really listens."""
        limit = ["-c", str(count)] if count else []
        # The ring has one slot of the full length for each frame: 2 000 of them.
        size = ["-s", "9216", "-B", "32768"]
        command = ["tcpdump", "-i", interface, *size, "-U", "-n", "--immediate-mode", "-Z", "root", *limit]
        name = os.path.basename(file)
        process = self.start(ns, [*command, "-w", file, *expression], f"tcpdump-{name}.log", Capture)
        process.wait_line(r".*listening on", 10)
        return process


def _ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _delete_orphans():
    """Deletes the namespaces of tests that were killed before they could."""
    for line in _ip("netns", "list").splitlines():
        match = re.match(_PREFIX + r"(\d+)-", line)
        if match and not os.path.exists(f"/proc/{match.group(1)}"):
            subprocess.run(["ip", "netns", "del", line.split()[0]], capture_output=True, check=False)


# An ICMP error quotes what somebody else sent, and some systems alter the quote: that is no fault of the frame.
_QUOTES = "(icmp.type in {3, 4, 5, 11, 12})"
_BAD = " || ".join([
    "_ws.malformed", "ip.checksum.status#1 == Bad", "icmp.checksum.status == Bad", "ip.bogus_header_length",
    "ip.bogus_ip_length", f"(!{_QUOTES} && (tcp.checksum.status == Bad || udp.checksum.status == Bad))",
])



def check_capture(file, sent_by, plain=None):
    """What tshark calls malformed or wrongly summed among the frames of one sender.

    sent_by is a display filter such as "ip.src == 10.77.0.2". The kernel's own frames are left out:
    on a virtual cable their checksums may be unfinished. Returns one line a frame; empty is well.
    plain is a TCP port whose payload is not looked into: chance bytes look like many a damaged protocol.
    """
    sums = [f"-o{protocol}.check_checksum:TRUE" for protocol in ("ip", "tcp", "udp")]
    layers = ["-d", f"tcp.port=={plain},echo"] if plain else []
    done = subprocess.run(
        ["tshark", "-n", "-r", file, *sums, *layers, "-Y", f"({sent_by}) && ({_BAD})"],
        capture_output=True, text=True, errors="replace", check=False,
    )
    if done.returncode:
        raise Failure(f"tshark {file}: {done.stderr.strip()}")
    return done.stdout.splitlines()


def frame_count(file, display_filter):
    """How many frames of a capture satisfy a display filter."""
    done = subprocess.run(
        ["tshark", "-n", "-r", file, "-Y", display_filter], capture_output=True, text=True, check=False
    )
    return len(done.stdout.splitlines())
