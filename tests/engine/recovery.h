/* SPDX-License-Identifier: BSD-3-Clause */
/* For suites of loss recovery: segments of 1000 bytes on their way, on a connection whose round trip takes 100 ms. */
#ifndef TESTS_ENGINE_RECOVERY_H
#define TESTS_ENGINE_RECOVERY_H

#include "suites.h"

#define SEG 1000
#define RTT 100
#define SACKOK "mss 1000,nop,nop,sackOK"

struct setting {
	const char *options;
	uint8_t recovery, cwnd; /* segments at first; 0: the personality's */
	bool tlp, frto, prr;
};

/* Opens with that round trip and sends n segments at RTT ms; what went out is forgotten. */
static inline struct harness *
sending(const struct setting *s, uint32_t segments)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.recovery = s->recovery;
	h->p.tcp.undo = MIEN_UNDO_BOTH;
	h->p.tcp.tlp = s->tlp;
	h->p.tcp.frto = s->frto;
	h->p.tcp.prr = s->prr;
	if (s->cwnd)
		h->p.tcp.initial_cwnd = s->cwnd;
	harness_open_after(h, s->options, RTT);
	if (segments)
		harness_send(h, 1, segments * SEG);
	harness_ignore(h);
	return h;
}

/* RACK on a connection without any round trip measured, as the SYN-ACK went twice. */
static inline struct harness *
unsampled(bool with_tlp)
{
	struct harness *h = harness_new(NULL);

	h->p.tcp.recovery = MIEN_RECOVERY_RACK;
	h->p.tcp.tlp = with_tlp;
	harness_listen(h, 80);
	inject(h, "S 0:0(0) win 65535 <" SACKOK ">");
	inject(h, "S 0:0(0) win 65535 <" SACKOK ">");
	harness_ignore(h);
	inject(h, ". 1:1(0) ack 1 win 65535");
	(void)expect_event(h, MIEN_EV_ACCEPT);
	CHECK_EQ_U(harness_tcb(h)->rtt.srtt_us, 0);
	return h;
}

#endif
