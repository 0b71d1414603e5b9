/* SPDX-License-Identifier: BSD-3-Clause */
/* The plain host: what the RFCs ask for and nothing else. Parent of every profile. */
#include <mien/personality.h>

#include <stdio.h>
#include <string.h>

#define TTL 64
#define SECOND 1000u
#define MINUTE 60000u

enum { KIND_EOL, KIND_NOP, KIND_MSS, KIND_WSCALE, KIND_SACKOK, KIND_SACK, KIND_TS = 8 };

static void
put(struct mien_opt_template *t, unsigned int kind, unsigned int len)
{
	t->bytes[t->len] = (uint8_t)kind;
	t->holds |= kind == KIND_SACKOK ? MIEN_NEG_SACK : kind == KIND_WSCALE ? MIEN_NEG_WSCALE : 0;
	t->holds |= kind == KIND_TS ? MIEN_NEG_TS : 0;
	if (len > 1)
		t->bytes[t->len + 1] = (uint8_t)len;
	t->len = (uint8_t)(t->len + len);
}

static void
put_nops(struct mien_opt_template *t, unsigned int count)
{
	while (count-- > 0)
		put(t, KIND_NOP, 1);
}

static void
put_ts(struct mien_opt_template *t)
{
	t->off_ts = (uint8_t)(t->len + 2);
	put(t, KIND_TS, 10);
}

static void
template_init(struct mien_opt_template *t)
{
	memset(t, 0, sizeof(*t));
	t->off_mss = t->off_wscale = t->off_ts = t->off_sack = t->raw_at = MIEN_OPT_NONE;
}

/* MSS, SACK, TS, NOP, WS; two NOPs stand where SACK is missing in front of TS or the other way
 * round. */
static void
syn_template(struct mien_opt_template *t, unsigned int negotiated)
{
	bool sack = negotiated & MIEN_NEG_SACK, ts = negotiated & MIEN_NEG_TS;

	template_init(t);
	t->off_mss = 2;
	put(t, KIND_MSS, 4);
	if (sack != ts)
		put_nops(t, 2);
	if (sack)
		put(t, KIND_SACKOK, 2);
	if (ts)
		put_ts(t);
	if (negotiated & MIEN_NEG_WSCALE) {
		put_nops(t, 1);
		t->off_wscale = (uint8_t)(t->len + 2);
		put(t, KIND_WSCALE, 3);
	}
}

/* Two NOPs in front of each option, so that the values stand on 32-bit boundaries. */
static void
segment_templates(struct mien_personality *p)
{
	for (unsigned int ts = 0; ts < 2; ts++) {
		struct mien_opt_template *segment = &p->segment[ts], *sack = &p->sack[ts];

		template_init(segment);
		if (ts) {
			put_nops(segment, 2);
			put_ts(segment);
		}
		*sack = *segment;
		put_nops(sack, 2);
		put(sack, KIND_SACK, 2);
		sack->off_sack = sack->len;
	}
}

static void
ip_rules(struct mien_personality *p)
{
	for (unsigned int c = 0; c < MIEN_CLASS_COUNT; c++) {
		p->ip[c] = (struct mien_ip_rule){.ttl = TTL};
		if (c <= MIEN_CLASS_RST) {
			p->ip[c].df = MIEN_DF_ON;
			p->ip[c].id_policy = MIEN_IPID_ZERO; /* RFC 6864 4.1: atomic datagrams */
		} else {
			p->ip[c].id_policy = MIEN_IPID_PER_DEST;
		}
	}
	p->ip[MIEN_CLASS_ECHO].tos_rule = MIEN_TOS_COPY; /* RFC 1122 3.2.2.6 */
}

/* Gaps that double from first, count of them. */
static void
schedule(struct mien_schedule *s, unsigned int count, uint32_t first_ms)
{
	memset(s, 0, sizeof(*s));
	s->count = (uint8_t)count;
	s->end = MIEN_END_SILENT;
	for (unsigned int i = 0; i < count; i++)
		s->gap_ms[i] = first_ms << i;
}

static void
tcp_windows(struct mien_tcp_rule *t)
{
	const struct mien_window_rule whole = {.kind = MIEN_WINDOW_CONST, .base = 65535};

	t->window_syn = t->window_synack = whole;
	t->window_synack_no_wscale = t->window_synack_ecn = whole;
	t->rcvbuf = 65536;
	t->rcvbuf_max = 4u << 20;
	t->mss_rule = MIEN_MSS_OWN;
	t->mss_default = 536; /* RFC 9293 3.7.1 */
	t->mss_floor = 48;
	t->growth = MIEN_GROWTH_DOUBLE;
	t->wscale = 7;
	t->wscale_offer = t->wscale_accept = 1;
}

/* RFC 1191 6.3: ten minutes; RFC 4821 7.2, 7.7. */
static void
tcp_path(struct mien_tcp_rule *t)
{
	t->pmtu_floor = 552;
	t->pmtu_base = 1024 + 40;
	t->pmtu_expire_ms = 10 * MINUTE;
	t->black_hole = MIEN_BLACK_HOLE_SEARCH;
	t->black_hole_after = 3;
}

static void
tcp_timers(struct mien_tcp_rule *t)
{
	t->rto_initial_ms = SECOND; /* RFC 6298 2.1 */
	t->rto_min_ms = 200;
	t->rto_max_ms = 2 * MINUTE;
	t->data_retries = 15;
	t->data_end = MIEN_END_SILENT;
	t->persist_min_ms = SECOND;
	t->persist_max_ms = 2 * MINUTE;
	t->delack_ms = 40;
	t->delack_segments = 2;		     /* RFC 9293 MUST-59, SHLD-19 */
	t->keepalive_idle_ms = 120 * MINUTE; /* RFC 9293 MUST-28 */
	t->keepalive_interval_ms = 75 * SECOND;
	t->keepalive_count = 9;
	t->fin_wait_2_ms = MINUTE;
	t->time_wait_ms = MINUTE;
	schedule(&t->syn, 8, SECOND); /* MUST-23: three minutes at least */
	schedule(&t->synack, 6, SECOND);
}

static void
tcp_rules(struct mien_tcp_rule *t)
{
	memset(t, 0, sizeof(*t));
	tcp_windows(t);
	tcp_timers(t);
	tcp_path(t);
	t->sack_offer = t->sack_accept = 1;
	t->dsack = 1;
	t->ecn = MIEN_ECN_REFUSE;
	t->cc = MIEN_CC_NEWRENO;
	t->recovery = MIEN_RECOVERY_SACK;
	t->initial_cwnd = 10; /* RFC 6928 */
	t->ack_limit = 2; /* RFC 3465 */
	t->idle_restart = 1;
	t->dupack_threshold = 3;
	t->nagle = MIEN_NAGLE_ALL;
	t->challenge_ack = 1;	 /* RFC 5961 */
	t->close_unread_rst = 1; /* RFC 2525 2.17 */
	t->challenges = 10;
	t->keepalive_end = MIEN_END_RST;
	t->probe = MIEN_PROBE_ONE_BYTE;
	t->backlog_full = MIEN_BACKLOG_SILENT;
	t->tw_reuse = 1;
	t->overlap = MIEN_SEGMENTS_FIRST;
	t->port_low = 49152; /* RFC 6335 6 */
	t->port_high = 65535;
	t->port_pick = MIEN_PORT_RANDOM;
	t->ts = (struct mien_ts_rule){
		.hz = 1000, .base = MIEN_TS_PER_PEER, .offer = 1, .accept = 1};
	t->isn = (struct mien_isn_rule){.kind = MIEN_ISN_RFC6528};
	t->rst_rate = (struct mien_rate){.per_second = 1000, .burst = 1000};
	t->fast_open = (struct mien_fast_open_rule){.client = 1, .server = 1, .cookie = 8};
}

static void
icmp_rules(struct mien_icmp_rule *r)
{
	memset(r, 0, sizeof(*r));
	r->port_unreachable = r->protocol_unreachable = r->time_exceeded = r->echo = 1;
	r->max = 576; /* RFC 1812 4.3.2.3 */
	r->errors = (struct mien_rate){.per_second = 1000, .burst = 50};
}

static void
arp_rules(struct mien_arp_rule *r)
{
	memset(r, 0, sizeof(*r));
	r->answer = MIEN_ARP_SPA_ZERO | MIEN_ARP_SPA_OFFLINK; /* RFC 5227 2.1.1; RFC 826 */
	r->announce = 2;				      /* RFC 5227 1.1 */
	r->retries = 3;
	r->retry_ms = SECOND;
	r->reachable_ms = MINUTE;
}

void
mien_personality_init_plain(struct mien_personality *p)
{
	memset(p, 0, sizeof(*p));
	p->version = MIEN_PERSONALITY_VERSION;
	p->size = sizeof(*p);
	snprintf(p->name, sizeof(p->name), "plain");
	snprintf(p->title, sizeof(p->title), "Plain host as the RFCs describe it");
	ip_rules(p);
	syn_template(&p->syn, MIEN_NEG_SACK | MIEN_NEG_WSCALE | MIEN_NEG_TS);
	for (unsigned int set = 0; set < MIEN_NEG_SETS; set++)
		syn_template(&p->synack[set], set);
	segment_templates(p);
	/* answer[][] and answers[0] are zero: MIEN_SEND_RFC in every state. */
	tcp_rules(&p->tcp);
	icmp_rules(&p->icmp);
	arp_rules(&p->arp);
	p->frag_overlap = MIEN_OVERLAP_DROP;
	p->frag_max = 64;
	p->frag_timeout_ms = 60 * SECOND; /* RFC 1122 3.3.2 */
}
