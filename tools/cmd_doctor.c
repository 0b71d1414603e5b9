/* SPDX-License-Identifier: BSD-3-Clause */
/* mien doctor: what a port needs, what of it is there, and the command that mends what is not. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>

#include <rte_eal.h>

#include <mien/driver.h>

#include "commands.h"
#include "emit.h"

enum verdict { GOOD, NOTE, MISSING };

struct doctor {
	json_t *findings;
	int status; /* of the first thing that is missing */
};

/* One finding: what was looked at, what was seen, and the command that mends it ("" when there is none). */
static void __attribute__((format(printf, 6, 7)))
finding(struct doctor *d, enum verdict verdict, int status, const char *what, const char *mend, const char *format, ...)
{
	static const char *const words[] = {"ok", "note", "missing"}, *const colours[] = {"32", "33", "31"};
	char seen[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(seen, sizeof(seen), format, ap);
	va_end(ap);
	if (verdict == MISSING && d->status == STATUS_FINE)
		d->status = status;
	if (emit_wanted()) {
		json_array_append_new(d->findings, json_pack("{s:s, s:s, s:s, s:s}", "what", what, "verdict", words[verdict],
			"seen", seen, "mend", mend));
		return;
	}
	if (cli_out.quiet && verdict != MISSING)
		return;
	if (cli_colour(stdout))
		printf("\033[%sm%-8s\033[0m", colours[verdict], words[verdict]);
	else
		printf("%-8s", words[verdict]);
	printf("%-18s %s\n", what, seen);
	if (mend[0])
		printf("%-26s mend: %s\n", "", mend);
}

static bool
read_number(const char *path, uint64_t *out)
{
	FILE *f = fopen(path, "re");
	bool good = f && fscanf(f, "%" SCNu64, out) == 1;

	if (f)
		fclose(f);
	return good;
}

static void
look_at_system(struct doctor *d)
{
	unsigned major = 0, minor = 0;
	struct utsname u;
	cpu_set_t set;

	if (uname(&u) == 0) {
		bool old = sscanf(u.release, "%u.%u", &major, &minor) == 2 && (major < 5 || (major == 5 && minor < 4));

		finding(d, old ? NOTE : GOOD, 0, "kernel", "", "%s %s%s", u.sysname, u.release,
			old ? ": af_xdp ports need 5.4" : "");
	}
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		finding(d, CPU_COUNT(&set) > 1 ? GOOD : NOTE, 0, "cores", "", "%d that may be used", CPU_COUNT(&set));
	finding(d, GOOD, 0, "DPDK", "", "%s", mien_eal_version());
}

static void
look_at_hugepages(struct doctor *d)
{
	uint64_t total = 0, free_pages = 0, kb;
	char path[512], sizes[128] = "";
	glob_t g;

	if (glob("/sys/kernel/mm/hugepages/hugepages-*", 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++) {
			uint64_t n = 0, f = 0;

			snprintf(path, sizeof(path), "%s/nr_hugepages", g.gl_pathv[i]);
			if (!read_number(path, &n) || n == 0)
				continue;
			snprintf(path, sizeof(path), "%s/free_hugepages", g.gl_pathv[i]);
			if (!read_number(path, &f))
				continue;
			if (sscanf(strrchr(g.gl_pathv[i], '/'), "/hugepages-%" SCNu64 "kB", &kb) == 1)
				snprintf(sizes + strlen(sizes), sizeof(sizes) - strlen(sizes), "%s%" PRIu64 " of %" PRIu64
					" kB", sizes[0] ? ", " : "", n, kb);
			total += n;
			free_pages += f;
		}
		globfree(&g);
	}
	if (total == 0)
		finding(d, NOTE, 0, "hugepages", "echo 512 | sudo tee /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
			"none: everything works without, PCI ports are faster with them");
	else
		finding(d, free_pages ? GOOD : NOTE, 0, "hugepages", "", "%s, %" PRIu64 " free", sizes, free_pages);
}

static uint64_t
effective_capabilities(void)
{
	char line[256];
	uint64_t caps = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %" SCNx64, &caps) == 1)
			break;
	if (f)
		fclose(f);
	return caps;
}

static void
look_at_permissions(struct doctor *d)
{
	static const struct {
		unsigned cap;
		const char *name, *use;
		bool needed;
	} caps[] = {
		{CAP_NET_ADMIN, "CAP_NET_ADMIN", "tap and af_xdp ports", true},
		{CAP_NET_RAW, "CAP_NET_RAW", "af_packet and af_xdp ports", true},
		{CAP_IPC_LOCK, "CAP_IPC_LOCK", "locked memory of PCI ports", false},
		{CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "physical addresses of PCI ports without an IOMMU", false},
	};
	uint64_t have = effective_capabilities();
	const char *mend = "run it with sudo, or: sudo setcap cap_net_admin,cap_net_raw,cap_ipc_lock+ep $(command -v mien)";

	finding(d, geteuid() == 0 ? GOOD : NOTE, 0, "user", "", geteuid() == 0 ? "root" : "not root (uid %u)",
		(unsigned)geteuid());
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		bool there = have >> caps[i].cap & 1;

		finding(d, there ? GOOD : caps[i].needed ? MISSING : NOTE, STATUS_PERMISSION, caps[i].name,
			there || !caps[i].needed ? "" : mend, "%s, for %s", there ? "there" : "not there", caps[i].use);
	}
}

static void
look_at_devices(struct doctor *d)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		finding(d, GOOD, 0, "/dev/net/tun", "", "can be opened");
	else
		finding(d, MISSING, errno == EACCES || errno == EPERM ? STATUS_PERMISSION : STATUS_PORT, "/dev/net/tun",
			errno == ENOENT ? "sudo mkdir -p /dev/net; sudo mknod /dev/net/tun c 10 200; sudo modprobe tun" :
			errno == ENODEV || errno == ENXIO ? "sudo modprobe tun" : "run it with sudo",
			"%s: tap ports will not start", strerror(errno));
	if (fd >= 0)
		close(fd);
	if (access("/dev/vfio/vfio", F_OK) == 0)
		finding(d, access("/dev/vfio/vfio", R_OK | W_OK) == 0 ? GOOD : NOTE, 0, "/dev/vfio/vfio", "",
			"there: PCI ports can be taken");
	else
		finding(d, NOTE, 0, "/dev/vfio/vfio", "sudo modprobe vfio-pci", "not there: only PCI ports need it");
}

/* Where DPDK's drivers lie: beside the library that rte_eal_init comes from. */
static bool
driver_directory(char *path, size_t size)
{
	Dl_info info;
	char *slash;
	glob_t g;
	bool good = false;

	if (dladdr((void *)(uintptr_t)rte_eal_init, &info) == 0 || !info.dli_fname)
		return false;
	snprintf(path, size, "%s", info.dli_fname);
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash - path) + 16 > size)
		return false;
	strcpy(slash, "/dpdk/pmds-*");
	if (glob(path, 0, NULL, &g) == 0) {
		snprintf(path, size, "%s", g.gl_pathv[g.gl_pathc - 1]);
		good = true;
		globfree(&g);
	}
	return good;
}

static void
look_at_drivers(struct doctor *d)
{
	static const struct {
		const char *name, *use;
		bool needed;
	} drivers[] = {
		{"net_tap", "tap ports", true}, {"net_af_packet", "af_packet ports", true},
		{"net_af_xdp", "af_xdp ports", false}, {"net_memif", "memif ports", false},
		{"net_virtio", "virtio-user ports", false},
	};
	char dir[512], path[600];

	if (!driver_directory(dir, sizeof(dir))) {
		finding(d, NOTE, 0, "drivers", "", "built in, or not to be found");
		return;
	}
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		bool there;

		snprintf(path, sizeof(path), "%s/librte_%s.so", dir, drivers[i].name);
		there = access(path, R_OK) == 0;
		if (!there) {
			glob_t g;

			strcat(path, ".*");
			there = glob(path, 0, NULL, &g) == 0;
			if (there)
				globfree(&g);
		}
		finding(d, there ? GOOD : drivers[i].needed ? MISSING : NOTE, STATUS_PORT, drivers[i].name,
			there ? "" : "sudo apt-get install dpdk libdpdk-dev", "%s, for %s",
			there ? "there" : "not there", drivers[i].use);
	}
}

/* The driver a PCI device is bound to; "none". */
static void
bound_driver(const char *device, char *out, size_t size)
{
	char link[600], target[512];
	ssize_t n;

	snprintf(link, sizeof(link), "%s/driver", device);
	n = readlink(link, target, sizeof(target) - 1);
	if (n > 0)
		target[n] = '\0';
	snprintf(out, size, "%s", n > 0 && strrchr(target, '/') ? strrchr(target, '/') + 1 : "none");
}

static void
look_at_cards(struct doctor *d)
{
	glob_t g;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *bdf = strrchr(g.gl_pathv[i], '/') + 1;
		char path[600], driver[64], mend[160] = "";
		unsigned long class = 0;
		FILE *f;

		snprintf(path, sizeof(path), "%s/class", g.gl_pathv[i]);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%lx", &class) != 1)
			class = 0;
		fclose(f);
		if (class >> 16 != 0x02)
			continue;
		bound_driver(g.gl_pathv[i], driver, sizeof(driver));
		if (strcmp(driver, "vfio-pci") != 0)
			snprintf(mend, sizeof(mend), "sudo dpdk-devbind.py -b vfio-pci %s (takes it from the kernel)", bdf);
		finding(d, mend[0] ? NOTE : GOOD, 0, bdf, mend, "network card, driver %s", driver);
	}
	globfree(&g);
}

static bool
ethtool_value(int fd, struct ifreq *ifr, uint32_t command, uint32_t *value)
{
	struct ethtool_value v = {.cmd = command};

	ifr->ifr_data = (void *)&v;
	if (ioctl(fd, SIOCETHTOOL, ifr) != 0)
		return false;
	*value = v.data;
	return true;
}

static void
look_at_interface(struct doctor *d, const char *name)
{
	static const struct {
		uint32_t command;
		const char *name;
		bool hurts; /* merges packets before mien sees them */
	} offloads[] = {
		{ETHTOOL_GRXCSUM, "rx checksums", false}, {ETHTOOL_GTXCSUM, "tx checksums", false},
		{ETHTOOL_GTSO, "tso", true}, {ETHTOOL_GGSO, "gso", true}, {ETHTOOL_GGRO, "gro", true},
	};
	struct ifreq ifr = {0};
	char mend[160], on[128] = "";
	bool hurts = false;
	uint32_t value;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr) != 0) {
		finding(d, MISSING, STATUS_PORT, name, "ip link (shows what there is)", "no such interface");
		if (fd >= 0)
			close(fd);
		return;
	}
	finding(d, ifr.ifr_flags & IFF_UP ? GOOD : NOTE, 0, name, "", ifr.ifr_flags & IFF_UP ? "up" : "down");
	for (size_t i = 0; i < sizeof(offloads) / sizeof(offloads[0]); i++) {
		if (!ethtool_value(fd, &ifr, offloads[i].command, &value) || !value)
			continue;
		snprintf(on + strlen(on), sizeof(on) - strlen(on), "%s%s", on[0] ? ", " : "", offloads[i].name);
		hurts = hurts || offloads[i].hurts;
	}
	close(fd);
	snprintf(mend, sizeof(mend), "sudo ethtool -K %s tso off gso off gro off", name);
	finding(d, hurts ? NOTE : GOOD, 0, "offloads", hurts ? mend : "", "%s%s", on[0] ? on : "none",
		hurts ? ": merged packets reach an af_packet port as one" : "");
}

static int
run(int argc, char **argv, const struct command *self)
{
	struct doctor d = {.findings = json_array()};
	int operand, status;
	bool done;

	status = cli_parse(argc, argv, self, NULL, &operand, &done);
	if (status != STATUS_FINE || done) {
		json_decref(d.findings);
		return status;
	}
	look_at_system(&d);
	look_at_hugepages(&d);
	look_at_permissions(&d);
	look_at_devices(&d);
	look_at_drivers(&d);
	look_at_cards(&d);
	for (; operand < argc; operand++)
		look_at_interface(&d, argv[operand]);
	if (emit_wanted())
		emit(json_pack("{s:O, s:b}", "findings", d.findings, "good", d.status == STATUS_FINE));
	json_decref(d.findings);
	return d.status;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "what this machine lacks for mien, and the commands that mend it",
	.operands = "[INTERFACE...]",
	.example = "  mien doctor\n  mien doctor eth0\n",
	.run = run,
};
