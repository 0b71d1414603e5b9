"""Entries of nmap's own database as hosts: imported, served, scanned by the real nmap, judged."""

import contextlib
import datetime
import os
import subprocess
import tempfile
import threading
import xml.etree.ElementTree as xml

import agreement
import mien
import netns
import osdb

BATCH = 480  # hosts in one process: the kernel's neighbour table holds 1024
GROUP = 16   # hosts that one nmap has in hand; with more it loses answers on a small machine
JOBS = 2     # nmaps at once
TRIES = 3    # a miss is scanned again, with fewer others about: nmap measures in real time
BUSY_TRIES = 8  # five entries want what only a scanner that nothing delays can see

GOAL = 5662  # of the 5678 entries of nmap 7.93; the others contradict themselves


class Entry:
    def __init__(self, title, line, reference):
        self.title, self.line, self.reference = title, line, reference
        self.address, self.reason = "", "not scanned"
        self.oracle, self.differences = {}, ["not scanned"]
        self.named = self.agreed = False


def sample(entries, count):
    """So many of them, others each day of the year."""
    step = max(1, len(entries) // count)
    return entries[datetime.date.today().timetuple().tm_yday % step::step][:count]


def import_entries(entries, directory):
    """A profile for each, through the command itself; entries that give none keep the reason."""
    good = []
    if len(entries) > 1500:
        subprocess.run([mien.BINARY, "personality", "import", "--nmap", osdb.DATABASE, "-o", directory], check=True,
                       stdout=subprocess.DEVNULL)
        return entries
    for entry in entries:
        done = subprocess.run(
            [mien.BINARY, "personality", "import", "-q", "--nmap", osdb.DATABASE, "--select", str(entry.line),
             "-o", profile_of(entry, directory)], capture_output=True, text=True)
        if done.returncode == 0:
            good.append(entry)
        else:
            entry.reason = f"import: {done.stderr.strip()}"
    return good


def write_hosts(entries, directory, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write("prefix: 16\nhosts:\n")
        for i, entry in enumerate(entries):
            entry.address = f"10.77.{1 + i // 200}.{1 + i % 200}"
            out.write(f"  - {{address: {entry.address}, personality: {profile_of(entry, directory)}, "
                      'tcp: ["80=discard"]}\n')


def scan(ns, entries, results, group):
    """One nmap over these hosts; address -> (matches, fingerprint)."""
    done = subprocess.run(
        ["ip", "netns", "exec", ns, "nmap", "-n", "-Pn", "-O", "-p", "80,81", "--max-os-tries", "1", "-vv",
         "--max-hostgroup", str(group), "-oX", "-", *[e.address for e in entries]],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    for host in xml.fromstring(done.stdout).iter("host"):
        address = host.find("address[@addrtype='ipv4']").get("addr")
        matches = [(m.get("name"), int(m.get("accuracy"))) for m in host.iter("osmatch")]
        prints = [p.get("fingerprint") for p in host.iter("osfingerprint")]
        ports = {p.get("portid"): p.find("state").get("state") for p in host.iter("port")}
        results[address] = (matches, prints[0] if prints else "", ports)


def scan_all(ns, entries, jobs, group):
    results, threads = {}, []
    for job in range(jobs):
        part = entries[job::jobs]
        if part:
            threads.append(threading.Thread(target=scan, args=(ns, part, results, group)))
            threads[-1].start()
    for thread in threads:
        thread.join()
    return results


def judge(entry, result, points):
    """Notes whether nmap named it and whether it saw what the oracle sees; once is enough for either."""
    matches, fingerprint, ports = result
    if not entry.agreed:
        _, entry.differences = agreement.differences(entry.oracle, fingerprint, entry.reference)
        entry.agreed = not entry.differences
    if entry.named or any(name == entry.title and accuracy == 100 for name, accuracy in matches):
        entry.named = True
        return
    tests = osdb.parse_print(fingerprint)
    _, differences = osdb.compare(points, tests, entry.reference)
    perfect = sum(accuracy == 100 for _, accuracy in matches)
    if differences:
        entry.reason = "; ".join(differences[:6])
    elif not fingerprint:
        entry.reason = f"nmap gives no fingerprint; ports {ports}"
    else:
        entry.reason = f"nothing differs, yet nmap says {matches[:2]} ({perfect} perfect)"


def profile_of(entry, directory):
    return os.path.join(directory, f"nmap-{entry.line}.yaml")


@contextlib.contextmanager
def punctual():
    """nmap reckons with its own clock: what runs in here, children too, is not kept waiting by other work."""
    before, level = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
    except PermissionError:
        pass
    try:
        yield
    finally:
        os.sched_setscheduler(0, before, level)


@contextlib.contextmanager
def on_last_core():
    """The first core is left to a server that never sleeps, which real-time scheduling would stop now and then."""
    cores, nice = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    os.sched_setaffinity(0, {max(cores)})
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        os.sched_setaffinity(0, cores)


def rounds(net, name, entries, directory, points, flags, how):
    """Scans one process' worth of hosts, once for each (nmaps, hosts in hand): all, then what is not yet well."""
    hosts = os.path.join(net.logs, f"hosts-{name}.yaml")
    write_hosts(entries, directory, hosts)
    ns = net.namespace(name)
    server = mien.serve(net, ns, ["--hosts", hosts, *flags], log=f"{name}.log", address=f"{mien.KERNEL}/16")
    for jobs, group in how:
        left = [e for e in entries if not (e.named and e.agreed)]
        results = scan_all(ns, left, jobs, group)
        for entry in left:
            judge(entry, results.get(entry.address, ([], "", {})), points)
    server.stop()


def only_time_is_wrong(entry):
    """A spread of a few in a million of what the numbers grow: nmap's sleep, or the server's, may spoil it."""
    return not entry.named and all(d.startswith("SEQ.SP=") for d in entry.reason.split("; "))


def batch(net, number, entries, directory, points, jobs, tries):
    """One process' worth of hosts."""
    for entry, oracle in zip(entries, agreement.prints([profile_of(e, directory) for e in entries])):
        entry.oracle = oracle
    with punctual():
        rounds(net, f"all{number}", entries, directory, points, [], [(jobs, GROUP), (1, 8), *[(1, 2)] * tries][:tries])
    late = [e for e in entries if only_time_is_wrong(e)]
    if late and len(os.sched_getaffinity(0)) > 1:
        with on_last_core():
            rounds(net, f"busy{number}", late, directory, points, ["--poll", "busy", "--cores", "0"],
                   [(1, 2)] * BUSY_TRIES)


def load():
    """nmap's points and the entries of its database."""
    points, database = osdb.load()
    return points, [Entry(*e) for e in database]


def run(report, points, chosen, total, keep=None, jobs=JOBS, tries=TRIES):
    """Scans the chosen entries; one check, and a line for each miss. The misses."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = os.path.abspath(keep) if keep else scratch
        os.makedirs(directory, exist_ok=True)
        good = import_entries(chosen, directory)
        for number, begin in enumerate(range(0, len(good), BATCH)):
            with netns.Net() as net:
                batch(net, number, good[begin:begin + BATCH], directory, points, jobs, tries)
            end = min(begin + BATCH, len(good))
            print(f"     {end} of {len(good)} scanned, {sum(not e.named for e in good[:end])} missed", flush=True)
    misses = [e for e in chosen if not e.named]
    differing = [e for e in good if not e.agreed]
    for entry in misses:
        print(f"     miss {entry.line} {entry.title}: {entry.reason}")
    for entry in differing:
        print(f"     oracle and nmap differ about {entry.line} {entry.title}: {'; '.join(entry.differences[:6])}")
    # What cannot be shown, and one in two hundred for a scanner that measures in real time on a busy machine.
    allowed = round(len(chosen) * ((total - GOAL) / total + 0.005)) + 1
    report.check(f"nmap names {len(chosen) - len(misses)} of {len(chosen)} entries of its database perfectly",
                 len(misses) <= allowed, [f"at most {allowed} misses are allowed for"])
    report.check(f"the built-in oracle and nmap agree about {len(good) - len(differing)} of {len(good)}",
                 len(differing) <= allowed, [f"at most {allowed} may differ"])
    return misses
