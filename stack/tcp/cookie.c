/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYN cookies (RFC 4987 3.6): with its backlog full, or the stack's, a listener answers SYNs without keeping anything. The ISN holds a
 * clock, the peer's MSS and what only this host can compute; the lowest bits of TSval, which the peer sends back, hold
 * its window scale, and whether SACK and ECN were negotiated. Where there are no timestamps none of these is.
 */
#include "tcp_rx.h"

#define UNIT_NS (64 * NS_PER_SECOND) /* of the clock */
#define UNITS 2				    /* that a cookie lives */
#define DATA_MASK 0xffffffu

#define STAMP_WSCALE 15u /* none */
#define STAMP_SACK 16u
#define STAMP_ECN 32u
#define STAMP_MASK 63u
#define STAMP_HELD 64u /* there is one */

static const uint16_t mss_of[] = {536, 1300, 1440, 1460};
#define MSS_COUNT (sizeof(mss_of) / sizeof(mss_of[0]))

/*
 * Both halves are used; clock is one of 256. The SYN's number is in it: an ACK that is off by one is none. So are the
 * options: of two SYN-ACKs that offer something else an ACK fits one.
 */
static uint64_t
hash(const struct tcp_host *host, const struct flow_key *key, uint32_t irs, uint64_t clock, uint64_t options)
{
	const struct siphash_key k = {host->key.k0 ^ options << 16 ^ clock << 8 ^ 'c', host->key.k1};
	uint64_t words[5] = {(uint64_t)key->lport << 16 | key->rport};

	if (mien_addr_is_ip4(&key->local) && mien_addr_is_ip4(&key->remote)) {
		words[0] |= (uint64_t)mien_addr_get_ip4(&key->local) << 32;
		words[1] = (uint64_t)irs << 32 | mien_addr_get_ip4(&key->remote);
		return siphash13_2w(&k, words);
	}
	memcpy(words, key, sizeof(words));
	words[0] ^= irs;
	return siphash13_5w(&k, words);
}

static uint32_t
clock_now(const struct tcp *t)
{
	return (uint32_t)(t->env->now / UNIT_NS) & 0xff;
}

static uint32_t
cookie_make(const struct tcp *t, const struct tcp_host *host, const struct flow_key *key, uint32_t irs, uint32_t data,
	uint32_t options)
{
	uint32_t clock = clock_now(t);
	uint64_t h = hash(host, key, irs, clock, options);

	return (uint32_t)h + (clock << 24) + (((uint32_t)(h >> 32) + data) & DATA_MASK);
}

/* The data, or MSS_COUNT: no cookie of the last two minutes. */
static uint32_t
cookie_read(const struct tcp *t, const struct tcp_host *host, const struct flow_key *key, uint32_t irs, uint32_t cookie,
	uint32_t options)
{
	uint32_t now = clock_now(t);

	for (uint32_t age = 0; age < UNITS; age++) {
		uint32_t clock = (now - age) & 0xff, rest, data;
		uint64_t h = hash(host, key, irs, clock, options);

		rest = cookie - (uint32_t)h;
		data = (rest - (uint32_t)(h >> 32)) & DATA_MASK;
		if (rest >> 24 == clock && data < MSS_COUNT)
			return data;
	}
	return MSS_COUNT;
}

/* Timestamps hold data when the clock is the same at the ACK as it was at the SYN, and is shown. */
static bool
stamps_hold(const struct mien_personality *p, const struct tcp_segment *syn)
{
	uint8_t base = p->tcp.ts.base;

	return p->tcp.ts.accept && syn->opt.present & OPT_TS && p->tcp.ts.first_zero == MIEN_TS_ZERO_NONE &&
	       (base == MIEN_TS_BOOT || base == MIEN_TS_PER_CONN || base == MIEN_TS_PER_PEER);
}

/* What was negotiated; 0: nothing but the MSS. */
static uint32_t
options_of(const struct tcb *tcb)
{
	if (!(tcb->neg & MIEN_NEG_TS))
		return 0;
	return STAMP_HELD | (tcb->neg & MIEN_NEG_WSCALE ? tcb->snd_wscale : STAMP_WSCALE) |
	       (tcb->neg & MIEN_NEG_SACK ? STAMP_SACK : 0) | (tcb->ecn & TH_ECE ? STAMP_ECN : 0);
}

/* The same as the peer's stamp tells it. */
static uint32_t
options_acked(const struct tcp_segment *ack)
{
	return ack->opt.present & OPT_TS ? STAMP_HELD | (ack->opt.tsecr & STAMP_MASK) : 0;
}

uint32_t
cookie_stamp(const struct tcb *tcb, uint32_t now)
{
	uint32_t stamp = (now & ~STAMP_MASK) | (options_of(tcb) & STAMP_MASK);

	return seq_gt(stamp, now) ? stamp - (STAMP_MASK + 1) : stamp;
}

static uint32_t
mss_number(uint16_t mss)
{
	uint32_t i = MSS_COUNT - 1;

	while (i > 0 && mss_of[i] > mss)
		i--;
	return i;
}

static uint32_t
number_of(const struct tcp *t, const struct tcb *tcb)
{
	return cookie_make(t, tcb->host, &tcb->key, tcb->irs, mss_number(tcb->peer_mss), options_of(tcb));
}

enum mien_drop
cookie_send(struct tcp *t, struct tcp_host *host, struct tcp_listener *l, const struct mien_personality *p,
	const struct tcp_segment *seg)
{
	struct tcb tcb = {.key = seg->key,
		.p = p,
		.host = host,
		.flags = TF_PASSIVE,
		.mss_clamp = l->mss,
		.state = MIEN_TCP_SYN_RECEIVED,
		.ecn = ecn_answer(p, seg)};
	struct tcp_segment syn = *seg;
	struct seg_out out;

	if (!stamps_hold(p, seg)) {
		syn.opt.present &= OPT_MSS;
		tcb.ecn &= TCB_ECN_SETUP;
	}
	tcb.rcvbuf = p->tcp.rcvbuf;
	if (p->ip[MIEN_CLASS_SYNACK].id_policy == MIEN_IPID_PER_CONNECTION)
		tcb.ip_id = ip_id_start(host, &seg->key);
	tcb_take_syn(&tcb, &syn);
	tcb_negotiate(t, &tcb, &syn);
	tcb.iss = number_of(t, &tcb);
	tcb.as_cookie = true;
	tcb.ts_offset = ts_offset_make(t, host, p, &seg->key);
	synack_out(t, &tcb, &out);
	if (build_and_send(t, &out)) {
		t->cookies_until = l->cookies_until = t->env->now + UNITS * UNIT_NS;
		t->env->counters.tcp_cookies_sent++;
	}
	return MIEN_DROP_TCP_SYN_BACKLOG;
}

void
cookie_number(const struct tcp *t, struct tcb *tcb, const struct tcp_segment *syn, const uint32_t *floor)
{
	uint32_t iss;

	if (stamps_hold(tcb->p, syn) ? !(tcb->neg & MIEN_NEG_TS) : tcb->neg & ~MIEN_NEG_MSS || tcb->ecn & TH_ECE)
		return; /* a cookie would not have offered the same */
	iss = number_of(t, tcb);
	if (floor && seq_leq(iss, *floor))
		return;
	tcb->as_cookie = true;
	tcb->iss = tcb->snd_una = tcb->snd_up = iss;
	tcb->snd_nxt = iss + 1;
}

/* The SYN as far as its cookie tells of it. */
static void
syn_again(const struct tcp_segment *ack, uint32_t data, struct tcp_segment *syn)
{
	uint32_t bits = options_acked(ack);

	*syn = *ack;
	syn->m = NULL;
	syn->len = 0;
	syn->seq = ack->seq - 1;
	syn->flags = TH_SYN;
	syn->opt.present = OPT_MSS;
	syn->opt.mss = mss_of[data];
	if (!(ack->opt.present & OPT_TS))
		return;
	syn->opt.present |= OPT_TS | (bits & STAMP_SACK ? OPT_SACKOK : 0);
	if ((bits & STAMP_WSCALE) <= TCP_WS_MAX) {
		syn->opt.present |= OPT_WS;
		syn->opt.wscale = bits & STAMP_WSCALE;
	}
	if (bits & STAMP_ECN)
		syn->flags |= TH_ECE | TH_CWR;
}

/* The host, as it was when it sent the cookie that seg acknowledges, and what that holds. NULL: it acknowledges none. */
static struct tcp_host *
sender_of(const struct tcp *t, struct tcp_host *host, const struct tcp_segment *seg, uint32_t *data)
{
	struct tcp_host *was = host;

	if (t->env->now >= t->cookies_until || (seg->flags & (TH_SYN | TH_RST | TH_ACK)) != TH_ACK)
		return NULL;
	for (unsigned int i = 0; was; was = cookie_past_next(t, host, &i)) {
		*data = cookie_read(t, was, &seg->key, seg->seq - 1, seg->ack - 1, options_acked(seg));
		if (*data != MSS_COUNT)
			break;
	}
	return was;
}

bool
cookie_is_acked(const struct tcp *t, struct tcp_host *host, const struct tcp_segment *seg)
{
	uint32_t data;

	return sender_of(t, host, seg, &data) != NULL;
}

struct tcb *
cookie_open(struct tcp *t, struct tcp_host *host, struct tcp_listener *l, const struct tcp_segment *seg,
	enum mien_drop *why)
{
	const struct mien_personality *p;
	struct tcp_host *was;
	struct tcp_segment syn;
	struct tcb *tcb;
	uint32_t data;

	*why = MIEN_DROP_NONE;
	was = sender_of(t, host, seg, &data);
	if (!was)
		return NULL;
	p = l->p ? l->p : was->p;
	if (l->waiting >= l->accept_backlog) {
		*why = MIEN_DROP_TCP_ACCEPT_BACKLOG;
		return NULL;
	}
	syn_again(seg, data, &syn);
	tcb = listen_open(t, host, l, p, &syn, NULL);
	if (!tcb) {
		*why = MIEN_DROP_TCP_NO_TCB;
		return NULL;
	}
	t->env->counters.tcp_cookies_accepted++;
	tcb->iss = seg->ack - 1;
	tcb->snd_una = tcb->snd_up = tcb->small_end = tcb->iss;
	tcb->snd_nxt = seg->ack;
	tcb->ts_offset = ts_offset_make(t, was, p, &seg->key);
	return tcb;
}
