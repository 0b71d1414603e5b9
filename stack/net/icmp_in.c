/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP received (RFC 792, RFC 1122 3.2.2, RFC 1812): requests that a host answers, errors that concern it. */
#include "net_parts.h"

#define TIMESTAMP_LEN 20 /* header, identifier and sequence, three times */
#define MASK_LEN 12
#define DAY_MS 86400000u
#define TIME_NOT_UT 0x80000000u /* RFC 792: milliseconds, but not since midnight UT */
#define QUOTE_MOST (IP4_HDR_MAX + 8)

static void
answer(struct net *n, struct ip_rx *rx, struct rte_mbuf *m, enum mien_class cls)
{
	const struct ip_tx tx = {
		.remote = rx->src,
		.cls = (uint8_t)cls,
		.proto = IPP_ICMP,
		.reply_ttl = rx->ttl,
		.reply_tos = rx->tos,
		.reply_df = rx->df,
	};

	pkt_drop_empty(m);
	ip_output(n, &rx->host->tcp, m, &tx);
}

static uint8_t
reply_code(const struct mien_icmp_rule *r, uint8_t code)
{
	switch ((enum mien_code)r->echo_code) {
	case MIEN_CODE_ZERO:
		return 0;
	case MIEN_CODE_CONST:
		return r->echo_code_value;
	case MIEN_CODE_KEEP:
		break;
	}
	return code;
}

/* Turned round where it lies, data and all (RFC 1122 3.2.2.6). */
static enum mien_drop
echo(struct net *n, struct ip_rx *rx)
{
	const struct mien_icmp_rule *r = &rx->host->tcp.p->icmp;
	struct rte_mbuf *m = rx->m;
	enum mien_drop drop = MIEN_DROP_ICMP_TYPE;

	if (r->echo)
		drop = token_bucket_take(&rx->host->icmp_echo, n->env->now, r->echo_rate.per_second, r->echo_rate.burst) &&
				env_may_answer(n->env)
			? MIEN_DROP_NONE
			: MIEN_DROP_ICMP_RATE;
	if (drop == MIEN_DROP_NONE && !pkt_own(n->env, &m, ICMP4_HDR_LEN))
		drop = MIEN_DROP_NO_MBUF;
	if (drop != MIEN_DROP_NONE) {
		rte_pktmbuf_free(m);
		return drop;
	}
	icmp4_echo_to_reply(pkt_data(m), reply_code(r, pkt_data(m)[1]));
	n->env->counters.icmp_echo_replies++;
	answer(n, rx, m, MIEN_CLASS_ECHO);
	return MIEN_DROP_NONE;
}

/* A reply of a fixed form: type, identifier and sequence as they came, body behind them. Takes rx->m. */
static enum mien_drop
small_reply(struct net *n, struct ip_rx *rx, uint8_t type, uint32_t rest, const uint8_t *body, uint32_t len)
{
	struct rte_mbuf *m = pkt_new(n->env, ICMP4_HDR_LEN + len);

	rte_pktmbuf_free(rx->m);
	if (!m)
		return MIEN_DROP_NONE;
	icmp4_build(pkt_append(m, ICMP4_HDR_LEN + len), ICMP4_HDR_LEN + len, type, 0, rest,
		body, len);
	answer(n, rx, m, MIEN_CLASS_ICMP);
	return MIEN_DROP_NONE;
}

static enum mien_drop
timestamp(struct net *n, struct ip_rx *rx, uint32_t rest)
{
	uint32_t now = (uint32_t)(n->env->now / NS_PER_MS % DAY_MS) | TIME_NOT_UT;
	uint8_t body[TIMESTAMP_LEN - ICMP4_HDR_LEN];

	pkt_copy(rx->m, ICMP4_HDR_LEN, 4, body); /* originate */
	put_be32(body + 4, now);
	put_be32(body + 8, now);
	return small_reply(n, rx, ICMP4_TIMESTAMP_REPLY, rest, body, sizeof(body));
}

static enum mien_drop
mask(struct net *n, struct ip_rx *rx, uint32_t rest)
{
	uint8_t body[MASK_LEN - ICMP4_HDR_LEN];

	put_be32(body, ip4_mask(rx->host->tcp.prefix_len));
	return small_reply(n, rx, ICMP4_MASK_REPLY, rest, body, sizeof(body));
}

/* Requests for a reply; those that most hosts ignore. */
static enum mien_drop
request(struct net *n, struct ip_rx *rx, uint8_t type, uint32_t rest)
{
	const struct mien_icmp_rule *r = &rx->host->tcp.p->icmp;
	enum mien_drop drop = MIEN_DROP_ICMP_TYPE;

	if (type == ICMP4_TIMESTAMP && r->timestamp) {
		if (rx->len >= TIMESTAMP_LEN)
			return timestamp(n, rx, rest);
		drop = MIEN_DROP_ICMP_SHORT;
	} else if (type == ICMP4_MASK && r->mask) {
		if (rx->len >= MASK_LEN)
			return mask(n, rx, rest);
		drop = MIEN_DROP_ICMP_SHORT;
	} else if (type == ICMP4_INFO && r->info) {
		return small_reply(n, rx, ICMP4_INFO_REPLY, rest, NULL, 0);
	}
	rte_pktmbuf_free(rx->m);
	return drop;
}

/* RFC 1122 4.2.3.9 and 4.1.3.3: what an error means to a transport. False: to be ignored. */
static bool
meaning(uint8_t type, uint8_t code, uint32_t rest, struct transport_error *e)
{
	e->err = MIEN_EUNREACH;
	switch (type) {
	case ICMP4_UNREACH:
		if (code == ICMP4_UNREACH_NEEDFRAG) {
			e->err = MIEN_EMSGSIZE;
			e->mtu = (uint16_t)rest;
			e->hard = true;
		} else if (code == ICMP4_UNREACH_PROTO || code == ICMP4_UNREACH_PORT) {
			e->err = MIEN_EREFUSED;
			e->hard = true;
		}
		return true;
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAM_PROBLEM:
		return true;
	default: /* source quench: RFC 6633; redirect: no routes are taken from the wire */
		return false;
	}
}

/* The quoted packet must be one that this host can have sent. */
static enum mien_drop
error(struct net *n, const struct ip_rx *rx, uint8_t type, uint8_t code, uint32_t rest)
{
	uint8_t quoted[QUOTE_MOST];
	uint32_t len = rx->len - ICMP4_HDR_LEN;
	struct transport_error e = {0};
	struct icmp4_quote q;

	if (!meaning(type, code, rest, &e))
		return MIEN_DROP_ICMP_TYPE;
	if (len > sizeof(quoted))
		len = sizeof(quoted);
	pkt_copy(rx->m, ICMP4_HDR_LEN, len, quoted);
	if (icmp4_quote_parse(quoted, len, &q) != WIRE_OK || q.l4_len < 8)
		return MIEN_DROP_ICMP_SHORT;
	n->env->counters.icmp_errors_received++;
	if (q.src != mien_addr_get_ip4(&rx->dst) || !q.has_ports)
		return MIEN_DROP_ICMP_STALE;
	e.local = rx->dst;
	e.remote = mien_addr_ip4(q.dst);
	e.lport = q.sport;
	e.rport = q.dport;
	e.seq = q.seq;
	e.proto = q.proto;
	e.len = q.flags & IP4_DF ? q.total_len : 0;
	return transport_error(n, &e);
}

enum mien_drop
transport_error(struct net *n, const struct transport_error *e)
{
	const struct tcp_icmp icmp = {
		.key = {.local = e->local, .remote = e->remote, .lport = e->lport, .rport = e->rport},
		.seq = e->seq,
		.err = e->err,
		.hard = e->hard,
		.mtu = e->mtu,
	};

	return e->proto == IPP_TCP ? tcp_icmp_error(n->tcp, &icmp) : udp_error(n, e);
}

enum mien_drop
icmp4_input(struct net *n, struct ip_rx *rx)
{
	enum mien_drop drop = MIEN_DROP_NONE;
	uint8_t hdr[ICMP4_HDR_LEN];

	if (rx->len < ICMP4_HDR_LEN)
		drop = MIEN_DROP_ICMP_SHORT;
	else if (!cksum_is_ok(pkt_sum(rx->m, 0, rx->len, 0)))
		drop = MIEN_DROP_ICMP_CHECKSUM;
	else if (!rx->host)
		drop = MIEN_DROP_ICMP_BROADCAST;
	if (drop == MIEN_DROP_NONE) {
		pkt_copy(rx->m, 0, sizeof(hdr), hdr);
		if (hdr[0] == ICMP4_ECHO)
			return echo(n, rx);
		if (!icmp4_is_error(hdr[0]))
			return request(n, rx, hdr[0], get_be32(hdr + 4));
		drop = error(n, rx, hdr[0], hdr[1], get_be32(hdr + 4));
	}
	rte_pktmbuf_free(rx->m);
	return drop;
}
