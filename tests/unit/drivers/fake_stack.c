/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_stack.h"

#include <string.h>

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>

void
fake_stack_init(struct mien_stack *st)
{
	memset(st, 0, sizeof(*st));
	memcpy(st->mac, "\x02\x00\x00\x00\x00\x99", 6);
	st->deadline = MIEN_NEVER;
}

void
fake_stack_fini(struct mien_stack *st)
{
	for (unsigned i = 0; i < st->out_count; i++)
		rte_pktmbuf_free(st->out[i]);
	st->out_count = 0;
}

void
fake_stack_send(struct mien_stack *st, struct rte_mbuf *m)
{
	if (st->out_count < FAKE_QUEUE)
		st->out[st->out_count++] = m;
	else
		rte_pktmbuf_free(m);
}

static bool
answer_arp(const struct mien_stack *st, struct rte_ether_hdr *eth)
{
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(eth + 1);
	struct rte_arp_ipv4 *d = &arp->arp_data;
	uint32_t asked = d->arp_tip;

	if (arp->arp_opcode != rte_cpu_to_be_16(RTE_ARP_OP_REQUEST))
		return false;
	arp->arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REPLY);
	d->arp_tha = d->arp_sha;
	d->arp_tip = d->arp_sip;
	memcpy(&d->arp_sha, st->mac, 6);
	d->arp_sip = asked;
	return true;
}

static bool
answer_echo(struct rte_ether_hdr *eth)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)(ip + 1);
	uint32_t source = ip->src_addr;

	if (ip->next_proto_id != IPPROTO_ICMP || icmp->icmp_type != RTE_IP_ICMP_ECHO_REQUEST)
		return false;
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = source;
	icmp->icmp_type = RTE_IP_ICMP_ECHO_REPLY;
	icmp->icmp_cksum = (uint16_t)(icmp->icmp_cksum + (icmp->icmp_cksum >= 0xfff7 ? 9 : 8));
	return true;
}

static bool
answer(const struct mien_stack *st, struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	bool answered = false;

	if (m->data_len < 42)
		return false;
	if (eth->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP))
		answered = answer_arp(st, eth);
	else if (eth->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
		answered = answer_echo(eth);
	if (answered) {
		eth->dst_addr = eth->src_addr;
		memcpy(&eth->src_addr, st->mac, 6);
	}
	return answered;
}

void
mien_stack_rx_burst(struct mien_stack *st, uint64_t now, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		if (st->received_count < FAKE_LOG)
			st->received[st->received_count++] = now;
		if (answer(st, pkts[i]))
			fake_stack_send(st, pkts[i]);
		else
			rte_pktmbuf_free(pkts[i]);
	}
}

uint16_t
mien_stack_tx_burst(struct mien_stack *st, uint64_t now, struct rte_mbuf **pkts, uint16_t max)
{
	uint16_t n = (uint16_t)(st->out_count < max ? st->out_count : max);

	memcpy(pkts, st->out, n * sizeof(pkts[0]));
	memmove(st->out, st->out + n, (st->out_count - n) * sizeof(pkts[0]));
	st->out_count -= n;
	return n;
}

void
mien_stack_advance(struct mien_stack *st, uint64_t now)
{
	if (now < st->deadline)
		return;
	if (st->advanced_count < FAKE_LOG)
		st->advanced[st->advanced_count++] = now;
	st->deadline = st->period != 0 ? st->deadline + st->period : MIEN_NEVER;
}

uint64_t
mien_stack_deadline(const struct mien_stack *st)
{
	return st->out_count > 0 ? 0 : st->deadline;
}

unsigned
mien_stack_events(struct mien_stack *st, struct mien_event *events, unsigned max)
{
	unsigned n = st->event_count < max ? st->event_count : max;

	memcpy(events, st->events, n * sizeof(events[0]));
	st->event_count = 0;
	return n;
}

uint32_t
mien_stack_personality_users(const struct mien_stack *st, const struct mien_personality *p)
{
	return st->users;
}
