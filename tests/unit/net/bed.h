/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A net room with its TCP on a link in the test's hands.
 *
 * The host is 10.9.0.1/24 at 02:00:00:00:00:01, plain unless the test changes bed.p before bed_start; the peer is
 * 10.9.0.2 at 02:00:00:00:00:02, a static neighbour.
 */
#ifndef TESTS_NET_BED_H
#define TESTS_NET_BED_H

#include "check.h"
#include "net_parts.h"
#include "neigh.h"
#include "reass.h"
#include "udp_ep.h"

#define HOST_IP 0x0a090001u
#define PEER_IP 0x0a090002u
#define BED_OUT 256
#define BED_FRAME 2048
#define BED_MBUFS 2047

struct sent {
	uint8_t bytes[BED_FRAME];
	uint32_t len;
	uint64_t ol_flags;
};

struct bed {
	struct env env;
	struct tcp tcp;
	struct net net;
	struct mien_personality *p;
	uint64_t host;
	struct sent out[BED_OUT];
	unsigned int n_out, next; /* next: the first not yet looked at */
	struct rte_mbuf *hogs[BED_MBUFS + 1];
	unsigned int n_hogs;
	char text[512];
};

extern const uint8_t HOST_MAC[6], PEER_MAC[6], BROADCAST_MAC[6];

/* Rooms without a host; time is 1000 s. */
struct bed *bed_new_with(const struct net_limits *limits);
/* 8 hosts, neighbours, UDP endpoints and datagrams. */
struct net_limits bed_limits(void);
struct bed *bed_new(void);
/* The host and the peer. */
void bed_start(struct bed *b);
struct bed *bed_new_started(void);
/* Fails the test when an mbuf is out. */
void bed_free(struct bed *b);

/* Takes all mbufs but so many; and gives them back. */
void bed_starve(struct bed *b, unsigned int left);
void bed_feed(struct bed *b);
struct rte_mbuf *bed_mbuf(const void *bytes, size_t len);
/* The same in a chain of mbufs of `each` bytes. */
struct rte_mbuf *bed_chain(const void *bytes, size_t len, size_t each);
/* Both passes, as core makes them; counts the verdict. */
enum mien_drop bed_rx_mbuf(struct bed *b, struct rte_mbuf *m);
enum mien_drop bed_rx(struct bed *b, const void *frame, size_t len);
/* Time goes on by ns, with all that falls due. */
void bed_advance(struct bed *b, uint64_t ns);
/* The next frame sent; NULL: none. */
const struct sent *bed_sent(struct bed *b);
/* The same as packet_fmt() prints it; "" for none. */
const char *bed_sent_text(struct bed *b);
uint64_t bed_drops(const struct bed *b, enum mien_drop reason);
/* The next event; false: none. */
bool bed_event(struct bed *b, struct mien_event *ev);

/* A UDP datagram of the host from port 9 with len bytes of zeros. */
void bed_send_to(struct bed *b, uint32_t dst, uint16_t len);
/* An ARP reply to the host. */
void bed_answer_from(struct bed *b, uint32_t ip, const uint8_t mac[6]);
/* Is its MAC known? */
bool bed_knows(const struct bed *b, uint32_t ip);

/* Frames from the peer to the host, all sums right. */
struct frame {
	uint8_t bytes[BED_FRAME];
	size_t len;
};
#define FRAME_IP 14   /* where the IP header stands */
#define FRAME_L4 34
void frame_ip(struct frame *f, const struct ip4_hdr_v *v, const void *payload, size_t len);
/* id is the identification of the IP header and the echo; data are letters of the alphabet. */
void frame_echo(struct frame *f, uint16_t id, size_t data);
void frame_udp(struct frame *f, uint16_t sport, uint16_t dport, const void *data, size_t len);
void frame_tcp(struct frame *f, uint16_t dport, uint8_t flags, size_t len);
void frame_arp(struct frame *f, uint16_t op, const uint8_t sha[6], uint32_t spa, uint32_t tpa);
void frame_fix_ip(struct frame *f);

#endif
