/* SPDX-License-Identifier: BSD-3-Clause */
/* mien replay offline: a capture through the engine under its own time. */
#ifndef TOOLS_REPLAY_H
#define TOOLS_REPLAY_H

#include <mien/driver.h>
#include <mien/mien.h>

#include "../services/service.h"
#include "capture.h"
#include "flows.h"

#define REPLAY_HOSTS 256
#define REPLAY_LIST 256

/* What the capture says of a port. */
#define PORT_ASKED 1u	 /* a client wanted it */
#define PORT_ANSWERED 2u /* the captured host answered there */
#define PORT_REFUSED 4u	 /* the captured host refused */

struct replay_host {
	struct mien_addr addr;
	uint32_t ip; /* host order */
	uint8_t prefix_len;
	const char *personality_name; /* NULL: the default */
	const struct mien_personality *personality;
	bool has_mac, mac_asked;
	uint8_t mac[6];
	uint8_t *tcp, *udp; /* PORT_... by port; 65536 each */
};

struct replay_peer {
	uint32_t ip; /* 0: free */
	uint8_t mac[6];
};

/* What the first reading finds out. */
struct replay_scan {
	struct replay_peer *peers; /* who speaks to the hosts; open addressing */
	uint32_t peers_size, n_peers;
	uint64_t packets, for_hosts, syns;
	uint64_t first_ns;
	bool vlan_known;
	uint16_t vlan;
	uint16_t largest; /* IP packet that is for a host */
};

struct replay_options {
	const char *in, *out, *personality;
	struct replay_host hosts[REPLAY_HOSTS];
	unsigned n_hosts;
	const char *sets[REPLAY_LIST], *tcp[REPLAY_LIST], *udp[REPLAY_LIST];
	unsigned n_sets, n_tcp, n_udp;
	uint64_t seed, linger_ns;
	bool fix_checksums, all;
};

struct replay_totals {
	uint64_t packets, bytes;     /* read */
	uint64_t given, given_bytes; /* of these, to the stack */
	uint64_t sent, sent_bytes;   /* by the stack */
	uint64_t captured;	     /* the captured hosts' own, which the stack's answers replace */
	uint64_t foreign;	     /* for no --host */
	uint64_t unusable;	     /* nothing that can go over Ethernet */
	uint64_t truncated;	     /* cut by the capture */
	uint64_t completed;	     /* checksums left out by the captured machine, filled in */
	uint64_t first_ns, last_ns;
};

struct replay {
	const struct replay_options *o;
	struct replay_host *hosts;
	unsigned n_hosts;
	struct replay_scan scan;
	struct flows flows;
	struct replay_totals totals;
	struct service_totals services;
	struct mien_stack *st;
	struct rte_mempool *pool, *indirect;
	struct mien_capture *out;
	struct service *service_list[2 * REPLAY_LIST + 2];
	unsigned n_services;
	struct session *endpoints; /* of UDP */
	unsigned n_endpoints;
	uint64_t now;
	uint8_t frame[PACKET_MAX + 64];
	struct mien_error error;
};

/** The host with the address; NULL. */
struct replay_host *replay_host_at(struct replay *r, uint32_t ip);
/** It is for a host: IPv4 to its address, or ARP that asks for it. */
bool replay_for_host(struct replay *r, const struct packet *p, struct replay_host **host);

/** Copies a frame where it may be changed; its length. */
uint32_t replay_copy(struct replay *r, const struct capture_frame *f);

/** First reading. STATUS_FINE or an error was told. */
int replay_scan(struct replay *r);
void replay_scan_free(struct replay *r);
/** Makes the stack with hosts and services. */
int replay_open(struct replay *r);
/** Second reading; *interrupted when it was stopped. */
int replay_run(struct replay *r, const volatile int *stop);
void replay_close(struct replay *r);
void replay_report(const struct replay *r);

#endif
