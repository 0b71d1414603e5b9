/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "dpdk_log.h"
#include "fail.h"
#include "port_open.h"

int
err_from_dpdk(int rc)
{
	return rc == -1 ? MIEN_EIO : drv_errno(-rc);
}

static bool
have_capability(unsigned capability)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) != 0)
		return true;
	return (data[capability / 32].effective & 1u << capability % 32) != 0;
}

/* The capability a kind of port cannot do without; -1: none that is known. */
static int
needed_capability(enum port_kind kind, const char **name)
{
	switch (kind) {
	case PORT_TAP:
		*name = "CAP_NET_ADMIN";
		return CAP_NET_ADMIN;
	case PORT_AF_PACKET:
		*name = "CAP_NET_RAW";
		return CAP_NET_RAW;
	case PORT_AF_XDP:
		*name = "CAP_NET_ADMIN";
		return CAP_NET_ADMIN;
	default:
		return -1;
	}
}

/* The flags of an existing tun device; -1 when there is none of that name or it cannot be told. */
static int
tun_flags(const char *name, bool *is_tun)
{
	char path[64 + PORT_TEXT_MAX];
	unsigned flags;
	FILE *f;
	int n;

	*is_tun = true;
	if (if_nametoindex(name) == 0)
		return -1;
	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", name);
	if (access(path, F_OK) != 0)
		return -1; /* sysfs shows another network namespace */
	snprintf(path, sizeof(path), "/sys/class/net/%s/tun_flags", name);
	f = fopen(path, "re");
	*is_tun = f != NULL;
	if (f == NULL)
		return -1;
	n = fscanf(f, "%x", &flags);
	fclose(f);
	return n == 1 ? (int)flags : -1;
}

/* A tap that is there already can be joined only when somebody made it to be joined. */
static int
check_tap(const char *name, struct mien_error *error)
{
	bool is_tun;
	int flags = tun_flags(name, &is_tun);

	if (!is_tun)
		return drv_fail(error, MIEN_EEXIST,
			"interface '%s' exists and is no tap: choose another name, or af_packet:%s", name, name);
	if (flags < 0)
		return 0;
	if ((flags & IFF_PERSIST) == 0)
		return drv_fail(error, MIEN_EEXIST,
			"tap '%s' is in use by another process: choose another name", name);
	if ((flags & IFF_MULTI_QUEUE) == 0)
		return drv_fail(error, MIEN_EEXIST,
			"tap '%s' was made without multi_queue: ip tuntap add %s mode tap multi_queue", name,
			name);
	return 0;
}

/* The kernel's interface keeps its MTU: frames that it cannot carry are refused before they are lost. */
static int
check_link_mtu(const struct mien_port *port, struct mien_error *error)
{
	struct ifreq request;
	int fd, rc;

	if (port->spec.kind != PORT_AF_PACKET && port->spec.kind != PORT_AF_XDP)
		return 0;
	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", port->spec.name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rc = fd >= 0 ? ioctl(fd, SIOCGIFMTU, &request) : -1;
	if (fd >= 0)
		close(fd);
	if (rc == 0 && request.ifr_mtu < port->info.mtu)
		return drv_fail(error, MIEN_EINVAL,
			"interface '%s' has an MTU of %d, less than %u: ip link set %s mtu %u, or a smaller MTU",
			port->spec.name, request.ifr_mtu, port->info.mtu, port->spec.name, port->info.mtu);
	return 0;
}

static int
refused(const struct mien_port *port, int rc, struct mien_error *error)
{
	const char *name = NULL;
	int capability = needed_capability(port->spec.kind, &name);
	char complaint[200];

	if (capability >= 0 && !have_capability((unsigned)capability))
		return drv_fail(error, MIEN_EPERM,
			"port '%s' needs %s: run as root, or setcap %s+ep on the program", port->spec_text,
			name, capability == CAP_NET_RAW ? "cap_net_raw" : "cap_net_admin");
	dpdk_log_complaint(complaint, sizeof(complaint));
	if (port->spec.kind == PORT_PCI)
		return drv_fail(error, MIEN_EIO,
			"no driver of DPDK takes PCI device %s: bind it (dpdk-devbind.py -b vfio-pci %s)%s%s",
			port->spec.name, port->spec.name, complaint[0] != '\0' ? "; DPDK says: " : "",
			complaint);
	if (complaint[0] == '\0')
		snprintf(complaint, sizeof(complaint), "%s", rte_strerror(-rc));
	return drv_fail(error, err_from_dpdk(rc), "port '%s' did not start: %s", port->spec_text,
		complaint);
}

/* A number that gives the device a name no other has. */
static unsigned
free_number(enum port_kind kind)
{
	static const char *const names[] = {
		[PORT_TAP] = "net_tap",
		[PORT_AF_PACKET] = "net_af_packet",
		[PORT_AF_XDP] = "net_af_xdp",
		[PORT_MEMIF] = "net_memif",
	};
	char name[32];
	uint16_t id;
	unsigned n = 0;

	if ((size_t)kind >= sizeof(names) / sizeof(names[0]) || names[kind] == NULL)
		return 0;
	do {
		snprintf(name, sizeof(name), "%s%u", names[kind], n++);
	} while (rte_eth_dev_get_port_by_name(name, &id) == 0);
	return n - 1;
}

static int
check_before(const struct mien_port *port, struct mien_error *error)
{
	int rc = 0;

	if (port->spec.kind == PORT_TAP)
		rc = check_tap(port->spec.name, error);
	return rc != 0 ? rc : check_link_mtu(port, error);
}

/* Process-wide, as DPDK's ports are. */
static bool is_open[RTE_MAX_ETHPORTS];

static int
claim(struct mien_port *port, struct mien_error *error)
{
	if (__atomic_test_and_set(&is_open[port->info.port_id], __ATOMIC_ACQ_REL)) {
		port->info.port_id = UINT16_MAX;
		return drv_fail(error, MIEN_EEXIST, "port '%s' is open already", port->spec_text);
	}
	return 0;
}

int
port_probe(struct mien_port *port, struct mien_error *error)
{
	char name[PORT_TEXT_MAX + 96];
	int rc;

	rc = check_before(port, error);
	if (rc == 0)
		rc = port_spec_device(&port->spec, free_number(port->spec.kind), port->info.mtu,
			port->device, sizeof(port->device), error);
	if (rc != 0)
		return rc;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(port->device, ","), port->device);
	if (rte_eth_dev_get_port_by_name(name, &port->info.port_id) == 0)
		return claim(port, error);
	port->info.port_id = UINT16_MAX;
	rc = rte_dev_probe(port->device);
	if (rc != 0)
		return refused(port, rc, error);
	if (rte_eth_dev_get_port_by_name(name, &port->info.port_id) == 0)
		return claim(port, error);
	port->info.port_id = UINT16_MAX;
	return drv_fail(error, MIEN_EIO, "port '%s': the device is there but has no Ethernet port",
		port->spec_text);
}

void
port_unprobe(struct mien_port *port)
{
	struct rte_eth_dev_info dev;
	bool known = rte_eth_dev_info_get(port->info.port_id, &dev) == 0;

	rte_eth_dev_stop(port->info.port_id);
	rte_eth_dev_close(port->info.port_id);
	if (known && dev.device != NULL)
		rte_dev_remove(dev.device);
	__atomic_clear(&is_open[port->info.port_id], __ATOMIC_RELEASE);
}

void
port_count_missed(struct mien_port *port)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	if (port->spec.kind != PORT_AF_PACKET || port->wait_fd < 0)
		return;
	/* The kernel starts again at zero with each reading. */
	if (getsockopt(port->wait_fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		port->stats.rx_missed += stats.tp_drops;
}
