/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors sent (RFC 792, RFC 1122 3.2.2): when, how much is quoted, and how the quote is bent. */
#include "udp_hdr.h"

#include "net_parts.h"

#define ERROR_HEADERS (IP4_HDR_MIN + ICMP4_HDR_LEN)

/* RFC 1122 3.2.2: about what no error is ever sent. What has no host never comes here. */
static bool
is_allowed(const struct ip_rx *rx)
{
	uint8_t type;

	if (rx->group || rx->frag_off != 0)
		return false;
	if (rx->proto != IPP_ICMP || rx->len == 0)
		return true;
	pkt_copy(rx->m, 0, 1, &type);
	return !icmp4_is_error(type);
}

/* Bytes of the packet to quote, its header included. */
static uint32_t
quote_len(const struct net *n, const struct ip_rx *rx, const struct mien_icmp_rule *r)
{
	uint32_t have = rx->hdr_len + rx->len, max = r->max ? r->max : n->env->mtu, len = have;

	if (max > n->env->mtu)
		max = n->env->mtu;
	if (r->quote)
		len = r->quote + (uint32_t)(rx->hdr_len - IP4_HDR_MIN);
	if (len > have)
		len = have;
	return len + ERROR_HEADERS > max ? max - ERROR_HEADERS : len;
}

static uint16_t
bent_sum(enum mien_sum rule, uint16_t right, uint16_t value)
{
	switch (rule) {
	case MIEN_SUM_ZERO:
		return 0;
	case MIEN_SUM_BAD:
		return right == 0xfffe ? 0xfffd : (uint16_t)(right + 1);
	case MIEN_SUM_CONST:
		return value;
	case MIEN_SUM_KEEP:
		break;
	}
	return right;
}

static uint16_t
bent_total_len(const struct mien_icmp_rule *r, uint16_t len)
{
	len = r->len_const ? r->len_const : (uint16_t)(len + r->len_delta);
	return r->len_swap ? __builtin_bswap16(len) : len;
}

static uint16_t
bent_id(const struct mien_icmp_rule *r, uint16_t id)
{
	if (r->id_const)
		id = (uint16_t)(r->id_const - 1);
	return r->id_swap ? __builtin_bswap16(id) : id;
}

/*
 * The quoted header as the personality leaves it. Its checksum is right for what is quoted where the rule keeps it,
 * and wrong for it where the rule says so.
 */
static void
bend_ip(uint8_t *ip, const struct mien_icmp_rule *r)
{
	put_be16(ip + 2, bent_total_len(r, get_be16(ip + 2)));
	put_be16(ip + 4, bent_id(r, get_be16(ip + 4)));
	ip[8] = (uint8_t)(ip[8] + r->ttl_delta);
	ip4_set_cksum(ip);
	put_be16(ip + 10, bent_sum((enum mien_sum)r->ip_sum, get_be16(ip + 10), 0));
}

static void
bend_udp(uint8_t *udp, uint32_t len, const struct mien_icmp_rule *r)
{
	if (len >= UDP_HDR_LEN)
		put_be16(udp + 6, bent_sum((enum mien_sum)r->udp_sum, get_be16(udp + 6), r->udp_sum_value));
}

/* len bytes of the packet, then padding up to all. */
static void
quote_put(uint8_t *p, uint32_t len, uint32_t all, const struct ip_rx *rx, const struct mien_icmp_rule *r)
{
	uint32_t hdr_len = rx->hdr_len;

	memcpy(p, rx->hdr, hdr_len);
	pkt_copy(rx->m, 0, len - hdr_len, p + hdr_len);
	bend_ip(p, r);
	if (rx->proto == IPP_UDP)
		bend_udp(p + hdr_len, len - hdr_len, r);
	if (r->payload_bad && len > hdr_len + UDP_HDR_LEN)
		p[len - 1] ^= 0xff;
	memset(p + len, r->pad_byte, all - len);
}

/*
 * Whoever shares this bucket with others could count what is left and so learn whom they talk to (CVE-2020-25705):
 * the depth of a large bucket varies by a few tokens.
 */
static bool
within_rate_of_all(struct net *n, struct host *h, const struct mien_rate *rate)
{
	uint32_t vary = rate->burst / 8 < 3 ? rate->burst / 8 : 3;

	return token_bucket_take(&h->icmp_errors, n->env->now, rate->per_second,
		rate->burst - rng_below(&n->env->rng, vary + 1));
}

/*
 * A bucket for the host and the destination, or shared with others by chance: nobody without the host's key can tell
 * with whom.
 */
static struct token_bucket *
bucket_of(const struct net *n, const struct host *h, const struct mien_addr *to)
{
	const struct siphash_key key = {h->tcp.key.k0 ^ 'e', h->tcp.key.k1};

	return &n->error_buckets[siphash13_2w(&key, to->q) & (NET_ERROR_BUCKETS - 1)];
}

/* First the destination's limit, so that one who asks too much takes nothing from the others. */
static bool
within_rate(struct net *n, struct host *h, const struct mien_icmp_rule *r, const struct mien_addr *to)
{
	if (r->errors_to.per_second &&
		!token_bucket_take(bucket_of(n, h, to), n->env->now, r->errors_to.per_second, r->errors_to.burst))
		return false;
	return within_rate_of_all(n, h, &r->errors) && env_may_answer(n->env);
}

/* word: the second of the error's header. */
static void
send_error(struct net *n, const struct ip_rx *rx, uint8_t type, uint8_t code, uint32_t word)
{
	const struct mien_icmp_rule *r = &rx->host->tcp.p->icmp;
	struct ip_tx tx = {
		.remote = rx->src,
		.cls = MIEN_CLASS_ICMP_ERROR,
		.proto = IPP_ICMP,
		.reply_ttl = rx->ttl,
		.reply_tos = rx->tos,
		.reply_df = rx->df,
	};
	struct rte_mbuf *m;
	uint32_t len, all;
	uint8_t *p;

	if (!within_rate(n, rx->host, r, &rx->src)) {
		env_drop(n->env, MIEN_DROP_ICMP_RATE);
		return;
	}
	len = quote_len(n, rx, r);
	all = len < r->pad_to && r->pad_to + ERROR_HEADERS <= n->env->mtu ? r->pad_to : len;
	m = pkt_new(n->env, ICMP4_HDR_LEN + all);
	if (!m)
		return;
	p = pkt_append(m, ICMP4_HDR_LEN + all);
	quote_put(p + ICMP4_HDR_LEN, len, all, rx, r);
	icmp4_build_hdr(p, type, code, word, p + ICMP4_HDR_LEN, all);
	n->env->counters.icmp_errors_sent++;
	ip_output(n, &rx->host->tcp, m, &tx);
}

void
icmp_answer(struct net *n, const struct ip_rx *rx, uint8_t type, uint8_t code)
{
	if (is_allowed(rx))
		send_error(n, rx, type, code, rx->host->tcp.p->icmp.unused);
}

void
icmp_answer_problem(struct net *n, const struct ip_rx *rx, unsigned int at)
{
	if (is_allowed(rx))
		send_error(n, rx, ICMP4_PARAM_PROBLEM, 0, (uint32_t)at << 24);
}
