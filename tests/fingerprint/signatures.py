"""Every TCP signature of the p0f.fp that is installed as a host: imported, worn, and named by the real p0f.

SYN-ACKs are seen where mien answers curl, SYNs where mien connects to a web server of the kernel's. Each signature is a
host of its own, all in one process; one p0f reads the capture. What its file never lets p0f say (an earlier signature
fits all that this one does) the importer has to know: there p0f must say that earlier one's label.
"""

import json
import os
import subprocess
import tempfile

import mien
import netns

DATABASE = "/etc/p0f/p0f.fp"
PAGE = b"<html><body>a page</body></html>\n" * 40
MODS = {"syn": "syn", "sendsyn probe": "syn", "syn+ack": "synack"}  # as p0f's log has them
CANNOT = "label: p0f takes it for \""


class Signature:
    def __init__(self, line, text, label, response):
        self.line, self.text, self.response = line, text, response
        kind, self.group, name, flavour = label.split(":", 3)
        self.name = f"{name} {flavour}".strip()
        self.generic = kind == "g"
        self.key = "synack" if response else "syn"
        self.address, self.file = "", ""
        self.instead = None  # the label that goes before it

    @property
    def tool(self):
        return self.group == "!"


def load():
    """The TCP signatures of the file."""
    found, section, label = [], "", ""
    with open(DATABASE, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            key, _, value = (part.strip() for part in line.partition("="))
            if line.startswith("["):
                section = line.strip()
            elif section in ("[tcp:request]", "[tcp:response]") and key == "label":
                label = value
            elif section in ("[tcp:request]", "[tcp:response]") and key == "sig":
                found.append(Signature(number, value, label, section == "[tcp:response]"))
    return found


def import_all(signatures, directory):
    """A profile for each, and what the importer says of it."""
    done = subprocess.run(
        [mien.BINARY, "personality", "import", "--json-lines", "--p0f", DATABASE, "-o", directory],
        capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise netns.Failure(f"import: exit {done.returncode}: {done.stderr}")
    by_line = {one["line"]: one for one in map(json.loads, done.stdout.splitlines())}
    for signature in signatures:
        one = by_line[signature.line]
        signature.file = one["file"]
        for remark in one["cannot"]:
            if CANNOT in remark:
                signature.instead = remark.split(CANNOT)[1].split('"')[0]


def write_hosts(signatures, path, service=None):
    with open(path, "w", encoding="utf-8") as out:
        out.write("prefix: 16\nhosts:\n")
        for i, signature in enumerate(signatures):
            signature.address = f"10.77.1.{1 + i}"
            tcp = f', tcp: ["80={service}"]' if service else ""
            out.write(f"  - {{address: {signature.address}, personality: {signature.file}{tcp}}}\n")


def p0f(net, ns, pcap):
    """(syn or synack, its sender) -> {(label, signature)} of a capture."""
    log = pcap + ".p0f"
    if os.path.exists(log):
        os.unlink(log)
    net.run(ns, ["p0f", "-r", pcap, "-o", log])
    found = {}
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            cells = dict(c.split("=", 1) for c in line.strip().split("] ", 1)[1].split("|") if "=" in c)
            subject = cells.get(cells.get("subj", ""), "").split("/")[0]
            label = cells.get("os", cells.get("app", ""))
            sighting = (label if cells.get("params") != "fuzzy" else f"{label} (fuzzy)", cells.get("raw_sig", ""))
            if cells["mod"] in MODS:
                found.setdefault((MODS[cells["mod"]], subject), set()).add(sighting)
    return found


def page(net):
    with open(os.path.join(net.logs, "index.html"), "wb") as out:
        out.write(PAGE)
    return net.logs


def answers(net, signatures):
    """mien serves, curl gets a page of each host; what p0f says."""
    hosts, pcap = (os.path.join(net.logs, f"p0f-synack.{end}") for end in ("yaml", "pcap"))
    write_hosts(signatures, hosts, f"http:{page(net)}")
    ns = net.namespace("synack")
    server = mien.serve(net, ns, ["--hosts", hosts], log="p0f-synack.log", address=f"{mien.KERNEL}/16")
    capture = net.capture(ns, mien.TAP, pcap)
    urls = [word for s in signatures for word in ("-o", "/dev/null", f"http://{s.address}/index.html")]
    done = net.run(ns, ["curl", "-sS", "-m", "20", "--parallel", "--parallel-max", "32",
                        "-w", "%{http_code} %{size_download}\n", *urls], timeout=90)
    good = done.stdout.splitlines().count(f"200 {len(PAGE)}")
    capture.stop()
    server.stop()
    if good != len(signatures):
        raise netns.Failure(f"curl got {good} of {len(signatures)} pages: {done.stdout[:400]} {done.stderr[:400]}")
    return p0f(net, ns, pcap)


def opens(net, signatures):
    """Each host gets a page from the kernel's server; what p0f says."""
    hosts, pcap = (os.path.join(net.logs, f"p0f-syn.{end}") for end in ("yaml", "pcap"))
    write_hosts(signatures, hosts)
    ns = net.namespace("syn")
    web = net.start(ns, ["python3", "-u", "-m", "http.server", "8000", "--directory", page(net)], "p0f-syn-web.log")
    web.wait_line("Serving")
    count = str(len(signatures))
    client, capture = mien.connect(
        net, ns, ["--hosts", hosts, "--get", f"http://{mien.KERNEL}:8000/index.html", "--count", count,
                  "--parallel", "16"], log="p0f-syn-connect.log", address=f"{mien.KERNEL}/16", pcap=pcap)
    status = client.wait(60)
    capture.stop()
    web.stop()
    if status != 0:
        raise netns.Failure(f"mien connect: exit {status}{client.tail()}")
    return p0f(net, ns, pcap)


def oracle(signatures):
    """What the built-in oracle says of each: file name of the profile -> verdict."""
    done = subprocess.run(
        [mien.BINARY, "personality", "verify", "--json-lines", "--against", DATABASE, *[s.file for s in signatures]],
        capture_output=True, text=True, timeout=120, check=False)
    return {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}


def judge(signature, sightings, misses):
    """Whether p0f says its label, and that alone."""
    seen = sightings.get((signature.key, signature.address), set())
    if {label for label, _ in seen} == {signature.name}:
        return True
    misses.append((signature, sorted(seen)))
    return False


def run(report):
    """Checks: SYNs of systems, SYNs of programs, SYN-ACKs; misses; the oracle says the same."""
    signatures = load()
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        import_all(signatures, directory)
        requests = [s for s in signatures if not s.response]
        responses = [s for s in signatures if s.response]
        with netns.Net() as net:
            sightings = opens(net, requests)
        misses = []
        groups = [("SYNs of systems", [s for s in requests if not s.tool]),
                  ("SYNs of programs", [s for s in requests if s.tool]), ("SYN-ACKs", responses)]
        with netns.Net() as net:
            sightings.update(answers(net, responses))
        for what, some in groups:
            missed = len(misses)
            good = sum(judge(s, sightings, misses) for s in some)
            bad = [(s, seen) for s, seen in misses[missed:] if {label for label, _ in seen} != {s.instead}]
            report.check(f"p0f says its own label of {good} of {len(some)} {what}, of the others what its file leaves it",
                         not bad, [f"line {s.line} {s.name}: {s.text}: {seen}" for s, seen in bad])
        for signature, seen in misses:
            if signature.instead:
                print(f"     miss {signature.line} {signature.name} {signature.text}: "
                      f"\"{signature.instead}\" stands before it and fits all that it does; p0f says so")
        judge_oracle(report, signatures, sightings)


def judge_oracle(report, signatures, sightings):
    """Oracle and p0f say the same label and the same signature of each."""
    verdicts, differ = oracle(signatures), []
    for signature in signatures:
        verdict = verdicts.get(f"p0f-{signature.line}", {"p0f": {}, "print": {}})
        seen = sightings.get((signature.key, signature.address), set())
        said = {(verdict["p0f"].get(signature.key), verdict["print"].get(f"p0f_{signature.key}"))}
        if said != seen:
            differ.append(f"line {signature.line}: oracle {said}, p0f {seen}")
    report.check(f"oracle and p0f agree on {len(signatures) - len(differ)} of {len(signatures)} signatures", not differ,
                 differ[:8])
