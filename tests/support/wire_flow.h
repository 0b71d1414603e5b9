/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the checker: a segment as read, and what is known of a connection. */
#ifndef TESTS_WIRE_FLOW_H
#define TESTS_WIRE_FLOW_H

#include "wire_check.h"

enum { WF_FIN = 1, WF_SYN = 2, WF_RST = 4, WF_PSH = 8, WF_ACK = 16, WF_URG = 32 };

struct wire_seg {
	uint32_t src, dst, seq, ack, payload_len;
	uint16_t sport, dport, window, urp, opt_len, mss;
	uint8_t flags, reserved, wscale, n_sack;
	bool has_mss, has_ws, has_ts, has_sackok;
	uint32_t tsval, tsecr;
	uint32_t sack[4][2];
	const uint8_t *payload;
};

/* One direction of a connection. */
struct wire_dir {
	bool syn, open, fin, rst, edge_known, ts_known, acked;
	bool ws, ts, sackok;
	bool perhaps_another; /* a SYN came since its last */
	uint8_t wscale;
	uint16_t mss;
	uint32_t iss, snd_max, fin_seq;
	uint32_t last_ack, edge;
	uint32_t ts_first, ts_last;
	uint64_t seen; /* highest offset of payload sent */
};

struct wire_flow {
	struct wire_flow *next;
	uint32_t addr[2];
	uint16_t port[2];
	bool ghost;    /* an answer to an old duplicate: nothing more is known until the next SYN */
	bool jumped;   /* the clock jumped: a timestamp echoed may be from before */
	bool reopened; /* not the first connection of these ports */
	struct wire_dir dir[2];
};

#define WIRE_BUCKETS 4096

struct wire_check {
	struct wire_check_config config;
	struct wire_check_stats stats;
	uint64_t now;
	const uint8_t *frame;
	size_t len;
	bool forget;
	char first[640];
	struct wire_flow *flows[WIRE_BUCKETS];
};

/* Counts an error and tells it with the frame it is about. */
void wire_fail(struct wire_check *wc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The rules of TCP for one well-formed segment. */
void wire_flow_segment(struct wire_check *wc, const struct wire_seg *seg);
/* A SYN reached the one to whom seg is addressed. */
void wire_flow_syn_came(struct wire_check *wc, const struct wire_seg *seg);
/* seg held a cookie that opened a connection at the one to whom it is addressed, perhaps not for the first time. */
void wire_flow_begun(struct wire_check *wc, const struct wire_seg *seg);
void wire_flow_free_all(struct wire_check *wc);

#endif
