/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How to sleep until a port has frames.
 *
 * tap: DPDK gives the device's own descriptor, readable while frames wait. af_packet and af_xdp: DPDK has no
 * interrupts for them, but their socket is one of this process's descriptors, readable while the ring holds frames.
 * Others that have receive interrupts (PCI, vhost): an eventfd, armed before sleeping.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "port_priv.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif

static bool
is_packet_socket(int fd, unsigned if_index)
{
	struct sockaddr_ll at;
	socklen_t len = sizeof(at);
	int domain = 0;
	socklen_t domain_len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) != 0 || domain != AF_PACKET)
		return false;
	memset(&at, 0, sizeof(at));
	return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && at.sll_ifindex == (int)if_index;
}

static bool
is_xdp_socket(int fd, unsigned if_index)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_XDP;
}

/* The newest of this process's sockets that is of this kind, or -1. */
static int
find_socket(bool (*is)(int fd, unsigned if_index), unsigned if_index)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int found = -1;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		int fd = entry->d_name[0] == '.' ? -1 : atoi(entry->d_name);

		if (fd > found && is(fd, if_index))
			found = fd;
	}
	closedir(dir);
	return found;
}

/* Receives for every MAC while the socket lives, and only what comes in, not what the kernel itself sends. */
static void
tune_packet_socket(int fd, unsigned if_index, bool promiscuous)
{
	struct packet_mreq all = {.mr_ifindex = (int)if_index, .mr_type = PACKET_MR_PROMISC};
	int on = 1;

	if (promiscuous)
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all));
#ifdef PACKET_IGNORE_OUTGOING
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
#endif
}

/*
 * DPDK's tap driver lets the kernel send a signal for every frame, whose handler makes the next receive call look at
 * the device. Signals cost more than the frames and break into the program's system calls. So the device sends none,
 * and the handler, which only counts, is called from here before each receive call.
 */
static void
silence_tap(struct mien_port *port)
{
	int number = fcntl(port->wait_fd, F_GETSIG), flags = fcntl(port->wait_fd, F_GETFL);
	struct sigaction action;

	if (number <= 0 || flags < 0 || (flags & O_ASYNC) == 0 || sigaction(number, NULL, &action) != 0 ||
		(action.sa_flags & SA_SIGINFO) != 0 || action.sa_handler == SIG_DFL ||
		action.sa_handler == SIG_IGN)
		return;
	if (fcntl(port->wait_fd, F_SETFL, flags & ~O_ASYNC) != 0)
		return;
	port->poke = action.sa_handler;
	port->poke_signal = number;
}

void
port_find_wait(struct mien_port *port)
{
	unsigned if_index = if_nametoindex(port->spec.name);
	int fd = -1;

	port->wait = WAIT_NONE;
	port->wait_fd = -1;
	if (port->spec.kind == PORT_AF_PACKET)
		fd = find_socket(is_packet_socket, if_index);
	else if (port->spec.kind == PORT_AF_XDP)
		fd = find_socket(is_xdp_socket, if_index);
	if (fd >= 0) {
		port->wait = WAIT_FD;
		port->wait_fd = fd;
		if (port->spec.kind == PORT_AF_PACKET)
			tune_packet_socket(fd, if_index, port->promiscuous);
		return;
	}
	fd = rte_eth_dev_rx_intr_ctl_q_get_fd(port->info.port_id, 0);
	if (fd >= 0) {
		port->wait = port->spec.kind == PORT_TAP ? WAIT_FD : WAIT_INTERRUPT;
		port->wait_fd = fd;
	}
	if (port->spec.kind == PORT_TAP && fd >= 0)
		silence_tap(port);
}

void
port_arm(struct mien_port *port)
{
	if (port->wait == WAIT_INTERRUPT && rte_eth_dev_rx_intr_enable(port->info.port_id, 0) != 0)
		port->wait = WAIT_NONE;
}

void
port_disarm(struct mien_port *port)
{
	uint64_t count;

	if (port->wait != WAIT_INTERRUPT)
		return;
	rte_eth_dev_rx_intr_disable(port->info.port_id, 0);
	while (read(port->wait_fd, &count, sizeof(count)) > 0)
		continue;
}
