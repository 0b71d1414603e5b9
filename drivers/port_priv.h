/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a port, for the files that make it up and for the loop. */
#ifndef DRIVERS_PORT_PRIV_H
#define DRIVERS_PORT_PRIV_H

#include <rte_mbuf.h>

#include <mien/driver.h>

#include "kernel_offload.h"
#include "port_spec.h"

/* How a loop can sleep until the port has frames. */
enum port_wait {
	WAIT_NONE,	/* only by looking again */
	WAIT_FD,	/* the fd is readable while there are frames */
	WAIT_INTERRUPT	/* the fd counts interrupts, which are armed before sleeping */
};

#define PORT_BURST 32
#define PORT_KEPT_MAX 64

struct pcap_port;

struct mien_port {
	struct mien_port_info info;
	struct port_spec spec;
	char spec_text[PORT_TEXT_MAX];
	char device[PORT_TEXT_MAX + 96];
	char driver[32];
	struct rte_mempool *pool, *indirect;
	enum port_wait wait;
	int wait_fd;
	unsigned wait_errors;	/* in a row */
	struct mien_loop *loop; /* the one that waits */
	void (*poke)(int signal); /* tap: makes DPDK look at the device (port_wait.c); NULL: none needed */
	int poke_signal;
	struct kernel_offload offload; /* of the kernel's interface, as it was */
	bool fix_checksums; /* the local kernel leaves checksums out on this kind of port */
	bool linearise;
	bool promiscuous;
	bool prepare;	    /* checksums are offloaded: rte_eth_tx_prepare() */
	struct mien_capture *capture;
	struct pcap_port *pcap; /* instead of a DPDK port */
	struct mien_port_stats stats;
	uint64_t kept_since;
	uint16_t kept_first, kept_count;
	struct rte_mbuf *kept[PORT_KEPT_MAX];
};

/* port_frame.c */

/* Fills in a TCP or UDP checksum that the sender left to hardware; notes frames cut short. */
void port_inspect_rx(struct mien_port *port, struct rte_mbuf *m);
/* Gives m in one segment, or NULL when there is no mbuf for it; takes m. */
struct rte_mbuf *port_linearise(struct mien_port *port, struct rte_mbuf *m);

/* port_wait.c */

/* Finds out how to sleep on a started port. */
void port_find_wait(struct mien_port *port);
/* Arms interrupts; frames may have come before: look again. */
void port_arm(struct mien_port *port);
void port_disarm(struct mien_port *port);

#endif
