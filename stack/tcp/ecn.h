/* SPDX-License-Identifier: BSD-3-Clause */
/* Seams of ecn.c; only for connections with MIEN_NEG_ECN. */
#ifndef TCP_ECN_H
#define TCP_ECN_H

#include "tcp_parts.h"

/* The last two bits of the type of service. */
#define ECN_ECT0 2u
#define ECN_CE 3u

/* An acceptable segment with bytes came: CE, CWR. */
void ecn_take(struct tcp *t, struct tcb *tcb, const struct tcp_segment *seg);
/* in_ack() of a segment with ECE. */
enum step ecn_echo_ack(struct tcp *t, struct tcb *tcb, struct tcp_segment *seg, bool *fin_acked, enum mien_drop *why);
/* Was cwnd reduced for what is in flight? */
bool ecn_reduced(const struct tcb *tcb);
/* cwnd was reduced for a loss: the peer is told (6.1.2). */
void ecn_lost(struct tcb *tcb);

/* Flags and type of service of a segment of new data. */
static inline void
ecn_of_new_data(const struct tcb *tcb, struct seg_out *out)
{
	if (!(tcb->ecn & TCB_ECN_UNMARKED))
		out->ip.tos |= ECN_ECT0;
	if (tcb->ecn & TCB_ECN_CWR)
		out->flags |= TH_CWR;
}

#endif
