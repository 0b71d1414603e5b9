/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP room alone, under virtual time, spoken to in packetdrill's words.
 *
 *	struct harness *h = harness_new(NULL);
 *	harness_listen(h, 80);
 *	inject(h, "S 0:0(0) win 65535 <mss 1460>");
 *	expect(h, "S. 0:0(0) ack 1 <mss 1460>");
 *
 * Numbers are relative: of injected segments to the peer's ISS and, for acknowledgments and SACK edges, to the ISS the
 * engine chose (learned from its SYN); of expected ones the other way round. TSval counts milliseconds since the start
 * as sent by the engine. expect() compares only what the text names: without " win " any window, without "<" any
 * options; "<>" is none. After each inject the output of the burst runs, as in mien_stack_tx_burst().
 */
#ifndef TESTS_TCP_HARNESS_H
#define TESTS_TCP_HARNESS_H

#include "check.h"
#include "tcp_parts.h"

#define HARNESS_START_NS UINT64_C(3600000000000)
#define HARNESS_PEER_ISS 0x7ffffff0u /* wraps soon: serial arithmetic is always tested */
#define HARNESS_SENT_MAX 512
#define HARNESS_MS UINT64_C(1000000)

struct harness_sent {
	uint64_t at; /* ms since the start */
	uint32_t len;
	struct ip_tx ip;
	uint8_t bytes[1600]; /* TCP header, options, payload */
};

struct harness_peer {
	struct mien_addr addr;
	uint16_t port, local_port;
	uint32_t iss, local_iss;
	uint8_t ttl, tos;
};

struct harness {
	struct env env;
	struct tcp tcp;
	struct tcp_host host;
	struct mien_personality p;
	struct harness_peer peer; /* change port and iss to speak as another */
	uint32_t tx_room;
	bool header_apart;	  /* headers come in an mbuf of their own */
	bool hold;		  /* no output after inject: as if the burst went on */
	enum mien_drop drop;	  /* of the last segment injected */
	unsigned mbufs_before, views_before; /* available */
	uint64_t listener;
	uint64_t conn; /* of the last ACCEPT, CONNECTED or connect */
	unsigned sent_first, sent_count; /* ring */
	struct harness_sent sent[HARNESS_SENT_MAX];
};

/* Starts the EAL once; a suite's setup. 0, or not. */
int harness_setup(void);
/* p: NULL for the plain personality with millisecond timestamps that start at 0 with the host. */
struct harness *harness_new(const struct mien_personality *p);
/* Destroys the room; fails the test when an mbuf is missing afterwards. */
void harness_free(struct harness *h);
struct harness *harness_with_limits(const struct mien_personality *p, const struct tcp_limits *limits);

void harness_listen(struct harness *h, uint16_t port);
/* Begins an active open to the peer; its SYN is still to be expected. */
void harness_connect(struct harness *h);
/* Listens at 80, opens with the options and window given (NULL: plain), drains ACCEPT; h->conn is the connection. */
void harness_open(struct harness *h, const char *options);
/* The same with a handshake that takes so many ms: the first round trip measured. */
void harness_open_after(struct harness *h, const char *options, uint64_t rtt_ms);
/* CLOSE and SHUTDOWN of the connection, and the output they ask for. */
void harness_close(struct harness *h);
void harness_shutdown(struct harness *h);

/* One segment from the peer: "P. 1:101(100) ack 1 win 229 <nop,nop,TS val 1 ecr 2>". Payload is harness_byte(). */
void inject(struct harness *h, const char *text);
/* The same with payload of one byte repeated. */
void inject_fill(struct harness *h, const char *text, uint8_t fill);
/* The same with this traffic class. */
void inject_tos(struct harness *h, uint8_t tos, const char *text);
/* printf forms. */
void injectf(struct harness *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The next segment sent must be this one. */
void expect_at_line(struct harness *h, const char *text, const char *file, int line);
#define expect(h, text) expect_at_line(h, text, __FILE__, __LINE__)
/* None is waiting. */
void expect_none_at_line(struct harness *h, const char *file, int line);
#define expect_none(h) expect_none_at_line(h, __FILE__, __LINE__)
/* The next segment sent must be this one, and go out so many ms after the start of the test (1 ms either way). */
void expect_time_at_line(struct harness *h, uint64_t ms, const char *text, const char *file, int line);
#define expect_time(h, ms, text) expect_time_at_line(h, ms, text, __FILE__, __LINE__)
/* No connection, no record, no timer and no mbuf is left. */
void expect_nothing_left(struct harness *h);
/* Forgets what was sent. */
void harness_ignore(struct harness *h);
/* The next segment sent, in words; its bytes stay until it is taken. */
const struct harness_sent *harness_peek(const struct harness *h);

/* Time goes on; timers fire at their times. */
void harness_advance(struct harness *h, uint64_t ms);
uint64_t harness_ms(const struct harness *h);
/* Output of the burst. */
void harness_flush(struct harness *h);
/* For env.ip_output: takes what is sent and forgets it, as what other hosts send or what is too long to be kept. */
void harness_swallow(void *net, struct tcp_host *host, struct rte_mbuf *m, const struct ip_tx *tx);
/* An ICMP error that quotes the segment at seq. */
enum mien_drop harness_icmp(struct harness *h, uint32_t seq, int err, bool hard);
/* A router says that the packet of the segment at seq is too long for a link of this MTU. */
enum mien_drop harness_too_big(struct harness *h, uint32_t seq, uint16_t mtu);

/* The next event must be of this type; it is returned. */
struct mien_event expect_event_at_line(struct harness *h, enum mien_event_type type, const char *file, int line);
#define expect_event(h, type) expect_event_at_line(h, type, __FILE__, __LINE__)
void expect_no_event_at_line(struct harness *h, const char *file, int line);
#define expect_no_event(h) expect_no_event_at_line(h, __FILE__, __LINE__)

/* The byte at a relative sequence number of either side. */
static inline uint8_t
harness_byte(uint32_t seq)
{
	return (uint8_t)(seq * 31 + (seq >> 8));
}

/* The connection's state; CLOSED when there is none. */
enum mien_tcp_state harness_state(const struct harness *h);
/* The connection's block; NULL when there is none. */
static inline struct tcb *
harness_tcb(const struct harness *h)
{
	return tcb_find(&h->tcp, h->conn);
}
/* What is told of the connection, which there must be. */
struct mien_tcp_info harness_info(const struct harness *h);
/* Sets an option of the connection, and lets go what waited for it. */
void harness_set(struct harness *h, enum mien_tcp_opt opt, uint64_t value);
/* Reads n bytes that must be those of the peer's stream from relative number seq on. */
void harness_read(struct harness *h, uint32_t seq, uint32_t n);
/* Sends n bytes of the stream of this side, from its relative number seq on. */
void harness_send(struct harness *h, uint32_t seq, uint32_t n);

#endif
