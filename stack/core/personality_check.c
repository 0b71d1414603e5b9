/* SPDX-License-Identifier: BSD-3-Clause */
/* What the engine relies on in a personality, so that it need not look again on the packet path. */
#include <mien/err.h>
#include <mien/personality.h>

#include <string.h>

/* Each check returns NULL or the sentence that says what is wrong. */

static const char *
check_head(const struct mien_personality *p)
{
	if (p->version != MIEN_PERSONALITY_VERSION)
		return "the personality is of another version";
	if (p->size != sizeof(*p))
		return "the personality has another size";
	if (p->name[0] == '\0' || memchr(p->name, '\0', sizeof(p->name)) == NULL)
		return "the name is empty or not terminated";
	if (memchr(p->title, '\0', sizeof(p->title)) == NULL)
		return "the title is not terminated";
	return NULL;
}

static const char *
check_ip(const struct mien_ip_rule *r)
{
	if (r->df > MIEN_DF_INVERT)
		return "an IP rule has an unknown DF rule";
	if (r->tos_rule > MIEN_TOS_COPY)
		return "an IP rule has an unknown TOS rule";
	if (r->id_policy >= MIEN_IPID_POLICY_COUNT)
		return "an IP rule has an unknown ID policy";
	if (r->id_zero_df > 1)
		return "an IP rule is neither with nor without identification 0 where DF is set";
	if (r->id_counter >= MIEN_IPID_COUNTERS)
		return "an IP rule names an ID counter that does not exist";
	if (r->reserved > 1)
		return "an IP rule sets more than one reserved bit";
	return NULL;
}

/* Where there is an offset, the option's kind and length stand in front of it and its value fits.
 */
static bool
option_at(const struct mien_opt_template *t, unsigned int off, unsigned int kind, unsigned int len)
{
	if (off == MIEN_OPT_NONE)
		return true;
	return off >= 2 && off + len - 2 <= t->len && t->bytes[off - 2] == kind &&
	       t->bytes[off - 1] == len;
}

/* SACK-permitted has no value to be filled in, and so no offset: it is looked for. */
static unsigned int
held(const struct mien_opt_template *t)
{
	unsigned int holds = (t->off_wscale != MIEN_OPT_NONE ? MIEN_NEG_WSCALE : 0) |
			     (t->off_ts != MIEN_OPT_NONE ? MIEN_NEG_TS : 0);
	unsigned int end = t->raw_at < t->len ? t->raw_at : t->len;

	for (unsigned int at = 0; at + 1 < end; at += t->bytes[at] > 1 && t->bytes[at + 1] ? t->bytes[at + 1] : 1)
		if (t->bytes[at] == 4)
			holds |= MIEN_NEG_SACK;
	return holds;
}

static const char *
check_template(const struct mien_opt_template *t)
{
	if (t->len > sizeof(t->bytes))
		return "an option template is longer than 40 bytes";
	if (!option_at(t, t->off_mss, 2, 4))
		return "an option template has a wrong MSS offset";
	if (!option_at(t, t->off_wscale, 3, 3))
		return "an option template has a wrong window scale offset";
	if (!option_at(t, t->off_ts, 8, 10))
		return "an option template has a wrong timestamp offset";
	return NULL;
}

static const char *
check_holds(const struct mien_personality *p)
{
	for (unsigned int i = 0; i < MIEN_NEG_SETS; i++)
		if (p->synack[i].holds != held(&p->synack[i]))
			return "an option template says that it holds what it does not";
	return NULL;
}

static const char *
check_whole_template(const struct mien_opt_template *t)
{
	if (t->len % 4 != 0)
		return "an option template is not a multiple of 4 bytes";
	if (t->off_sack != MIEN_OPT_NONE)
		return "an option template without SACK blocks has a SACK offset";
	return check_template(t);
}

static const char *
check_sack_template(const struct mien_opt_template *t)
{
	if (t->len < 2 || t->off_sack != t->len || t->bytes[t->len - 2] != 5)
		return "a SACK template does not end with the kind and length of SACK";
	if (t->len % 4 != 0 || t->len + 8u > sizeof(t->bytes))
		return "a SACK template has no room for a block or does not end on 4 bytes";
	return check_template(t);
}

static const char *
check_templates(const struct mien_personality *p)
{
	const char *why = check_whole_template(&p->syn);

	for (unsigned int i = 0; i < MIEN_NEG_SETS && why == NULL; i++)
		why = check_whole_template(&p->synack[i]);
	for (unsigned int i = 0; i < 2 && why == NULL; i++)
		why = check_whole_template(&p->segment[i]);
	for (unsigned int i = 0; i < 2 && why == NULL; i++)
		why = check_sack_template(&p->sack[i]);
	if (why == NULL &&
		(p->segment[1].off_ts == MIEN_OPT_NONE || p->sack[1].off_ts == MIEN_OPT_NONE))
		return "a template for segments with timestamps has none";
	return why == NULL ? check_holds(p) : why;
}

static const char *
check_answer(const struct mien_answer *a)
{
	if (a->send > MIEN_SEND_SYNACK)
		return "an answer sends something unknown";
	if (a->seq > MIEN_NUM_ISN || a->ack > MIEN_NUM_ISN)
		return "an answer has an unknown sequence or acknowledgment rule";
	if (a->window_rule > MIEN_AWIN_ECHO)
		return "an answer has an unknown window rule";
	if (a->options > MIEN_AOPT_RAW)
		return "an answer has an unknown option rule";
	if (a->df > MIEN_DF_INVERT + 1)
		return "an answer has an unknown DF rule";
	if (a->payload > MIEN_PAYLOADS || a->raw > MIEN_PAYLOADS)
		return "an answer names a payload that does not exist";
	if ((a->options == MIEN_AOPT_RAW) != (a->raw != 0))
		return "an answer has raw options without bytes, or the other way round";
	if (a->reserved > 15)
		return "an answer sets more than four reserved bits";
	return NULL;
}

static const char *
check_answers(const struct mien_personality *p)
{
	const char *why = NULL;

	if (p->answers[0].send != MIEN_SEND_RFC)
		return "answer 0 is not the RFC's";
	for (unsigned int i = 0; i < MIEN_ANSWERS && why == NULL; i++)
		why = check_answer(&p->answers[i]);
	for (unsigned int s = 0; s < MIEN_TCP_STATE_COUNT && why == NULL; s++)
		for (unsigned int f = 0; f < 64; f++)
			if (p->answer[s][f] >= MIEN_ANSWERS)
				return "the answer table names an answer that does not exist";
	for (unsigned int i = 0; i < MIEN_PAYLOADS && why == NULL; i++)
		if (p->payloads[i].len > MIEN_PAYLOAD_MAX)
			return "a payload is longer than its room";
	for (unsigned int i = 0; i < MIEN_ANSWERS && why == NULL; i++)
		if (p->answers[i].raw && p->payloads[p->answers[i].raw - 1].len % 4 != 0)
			return "raw options are not a multiple of 4 bytes";
	return why;
}

static const char *
check_syn_cases(const struct mien_personality *p)
{
	const char *why = NULL;

	if (p->n_syn_cases > MIEN_SYN_CASES)
		return "there are too many cases of SYNs";
	for (unsigned int i = 0; i < p->n_syn_cases && why == NULL; i++) {
		const struct mien_syn_case *c = &p->syn_cases[i];

		if (c->offered >= MIEN_NEG_SETS || c->answer >= MIEN_ANSWERS || c->df > MIEN_DF_INVERT + 1 ||
			c->ecn > 1)
			return "a case of a SYN offers or answers something unknown";
		if (c->wscale > 14)
			return "a case of a SYN has a window scale above 14";
		if (c->parts & MIEN_CASE_OPTIONS)
			why = check_whole_template(&c->options);
	}
	return why;
}

static const char *
check_window(const struct mien_window_rule *w)
{
	if (w->kind > MIEN_WINDOW_MUL || w->unit > MIEN_UNIT_MTU)
		return "a window rule is of an unknown kind or unit";
	if (w->shift > 14)
		return "a window rule shifts by more than 14";
	if (w->base > UINT32_C(65535) << 14)
		return "a window rule has a base above 1 GiB";
	if (w->kind == MIEN_WINDOW_CONST && w->base >> w->shift > 65535)
		return "a constant window does not fit into 16 bits";
	return NULL;
}

static const char *
check_windows(const struct mien_tcp_rule *t)
{
	const char *why = check_window(&t->window_syn);

	if (why == NULL)
		why = check_window(&t->window_synack);
	if (why == NULL)
		why = check_window(&t->window_synack_no_wscale);
	if (why == NULL)
		why = check_window(&t->window_synack_ecn);
	if (why == NULL && (t->rcvbuf == 0 || t->rcvbuf > UINT32_C(65535) << 14))
		return "the receive buffer is empty or above 1 GiB";
	if (why == NULL && (t->rcvbuf_max < t->rcvbuf || t->rcvbuf_max > UINT32_C(65535) << 14))
		return "the receive buffer's limit is below the buffer or above 1 GiB";
	return why;
}

static const char *
check_mss(const struct mien_tcp_rule *t)
{
	if (t->mss_rule > MIEN_MSS_MIN_PEER)
		return "the MSS rule is unknown";
	if (t->mss_rule == MIEN_MSS_CONST && t->mss == 0)
		return "a constant MSS is 0";
	if (t->mss_default < 28 || t->mss_floor > t->mss_default)
		return "the default MSS is below 28 or below the floor";
	return NULL;
}

static const char *
check_schedule(const struct mien_schedule *s)
{
	if (s->count == 0 || s->count > MIEN_SCHEDULE_MAX)
		return "a retransmission schedule has no gap or too many";
	if (s->end > MIEN_END_RST)
		return "a retransmission schedule ends in an unknown way";
	for (unsigned int i = 0; i < s->count; i++)
		if (s->gap_ms[i] == 0 || s->gap_ms[i] > 3600000)
			return "a retransmission gap is 0 or above an hour";
	return NULL;
}

static const char *
check_timers(const struct mien_tcp_rule *t)
{
	const char *why = check_schedule(&t->syn);

	if (why == NULL)
		why = check_schedule(&t->synack);
	if (why != NULL)
		return why;
	if (t->rto_min_ms == 0 || t->rto_min_ms > t->rto_max_ms || t->rto_initial_ms == 0 ||
		t->rto_initial_ms > t->rto_max_ms)
		return "the retransmission timeout's limits contradict each other";
	if (t->rto_max_ms > 3600000)
		return "the largest retransmission timeout is above an hour";
	if (t->persist_min_ms == 0 || t->persist_min_ms > t->persist_max_ms)
		return "the persist timer's limits contradict each other";
	if (t->delack_ms > 500)
		return "an acknowledgment is delayed by more than 0.5 s (RFC 9293 MUST-59)";
	if (t->delack_tick_ms > 500)
		return "the tick of delayed acknowledgments is above 0.5 s (RFC 9293 MUST-59)";
	if (t->backoff.count > sizeof(t->backoff.factor) || memchr(t->backoff.factor, 0, t->backoff.count) != NULL)
		return "the list of longer timeouts is too long or holds a 0";
	if (t->quickack > 31 || t->interactive > 3)
		return "more than 31 quick ACKs, or more than 3 answers make a connection interactive";
	if (t->delack_segments == 0)
		return "acknowledgments are never forced";
	if (t->keepalive_idle_ms == 0 || t->keepalive_interval_ms == 0 || t->keepalive_count == 0)
		return "a keepalive value is 0";
	return NULL;
}

static const char *
check_clocks(const struct mien_tcp_rule *t)
{
	if (t->ts.hz == 0 || t->ts.hz > 1000000)
		return "the timestamp clock is not between 1 and 1000000 Hz";
	if (t->ts.base > MIEN_TS_STEP)
		return "the timestamp clock has an unknown base";
	if (t->isn.kind >= MIEN_ISN_KIND_COUNT)
		return "the ISN generator is unknown";
	if (t->isn.cards > 5)
		return "the ISN deck has more than five increments";
	for (unsigned int i = 0; i < 5 && t->isn.kind == MIEN_ISN_DECK; i++)
		if (t->isn.deck[i] > INT32_MAX)
			return "an increment of the ISN deck is 2^31 or more";
	return NULL;
}

static const char *
check_extra(const struct mien_syn_extra *x)
{
	if (x->reserved > 15)
		return "a SYN sets more than four reserved bits";
	if (x->urg > 1 || x->psh > 1)
		return "a flag of a SYN is neither 0 nor 1";
	return NULL;
}

static const char *
check_habits(const struct mien_tcp_rule *t)
{
	if (t->ecn > MIEN_ECN_IGNORE)
		return "the ECN rule is unknown";
	if (t->cc >= MIEN_CC_COUNT)
		return "the congestion control is unknown";
	if (t->initial_cwnd == 0 || t->dupack_threshold == 0)
		return "the initial window or the duplicate ACK threshold is 0";
	if (t->recovery >= MIEN_RECOVERY_COUNT || t->undo > MIEN_UNDO_BOTH)
		return "the way to recover from loss or to undo it is unknown";
	if (t->probe > MIEN_PROBE_ONE_BYTE || t->data_end > MIEN_END_RST || t->keepalive_end > MIEN_END_RST ||
		t->persist_end > MIEN_PERSIST_RST)
		return "a way to probe or to end is unknown";
	if (t->backlog_full > MIEN_BACKLOG_COOKIES || t->accept_syn > MIEN_ACCEPT_SYN_ANSWER ||
		t->accept_ack > MIEN_ACCEPT_ACK_RST)
		return "an answer to a full queue is unknown";
	if (t->nagle >= MIEN_NAGLE_COUNT)
		return "what small segments wait for is unknown";
	if (t->hystart >= MIEN_HYSTART_COUNT || t->ack_future >= MIEN_ACK_FUTURE_COUNT)
		return "how slow start ends, or what an ACK of the future gets, is unknown";
	if (t->pmtu_initial && t->pmtu_initial < 68)
		return "the path MTU at the beginning is none";
	if (t->black_hole >= MIEN_BLACK_HOLE_COUNT || t->growth >= MIEN_GROWTH_COUNT)
		return "what follows from a black hole, or how the receive buffer grows, is unknown";
	if (t->black_hole && (t->black_hole_after == 0 || t->pmtu_base < 68 || t->pmtu_floor < 68))
		return "the search for a path MTU begins nowhere";
	if (t->overlap >= MIEN_SEGMENTS_COUNT)
		return "the overlap policy of segments is unknown";
	if (t->fast_open.cookie < 4 || t->fast_open.cookie > 16 || t->fast_open.cookie & 1)
		return "a Fast Open cookie has 4 to 16 bytes, an even number";
	if (t->port_low == 0 || t->port_low > t->port_high || t->port_pick > MIEN_PORT_PARITY)
		return "the range of source ports is empty or its order unknown";
	return NULL;
}

static const char *
check_tcp(const struct mien_tcp_rule *t)
{
	const char *why = check_windows(t);

	if (why == NULL)
		why = check_mss(t);
	if (why == NULL)
		why = check_timers(t);
	if (why == NULL)
		why = check_clocks(t);
	if (why == NULL)
		why = check_habits(t);
	if (why == NULL)
		why = check_extra(&t->syn_extra);
	if (why == NULL)
		why = check_extra(&t->synack_extra);
	if (why == NULL && t->rst_rate.per_second != 0 && t->rst_rate.burst == 0)
		return "the rate limit of resets has no burst";
	return why;
}

static const char *
check_icmp(const struct mien_icmp_rule *r)
{
	if (r->echo_code > MIEN_CODE_CONST)
		return "the rule for the echo reply's code is unknown";
	if (r->ip_sum > MIEN_SUM_CONST || r->udp_sum > MIEN_SUM_CONST)
		return "the rule for a quoted checksum is unknown";
	if (r->ip_sum == MIEN_SUM_CONST)
		return "the quoted IP checksum cannot be constant";
	if (r->quote != 0 && r->quote < 28)
		return "an ICMP error quotes less than the IP header and 8 bytes (RFC 792)";
	if (r->max != 0 && r->max < 56)
		return "the largest ICMP error is below 56 bytes";
	if (r->errors.per_second != 0 && r->errors.burst == 0)
		return "the rate limit of ICMP errors has no burst";
	if (r->errors_to.per_second != 0 && r->errors_to.burst == 0)
		return "the rate limit of ICMP errors to a destination has no burst";
	if (r->echo_rate.per_second != 0 && r->echo_rate.burst == 0)
		return "the rate limit of echo replies has no burst";
	return NULL;
}

static const char *
check_rest(const struct mien_personality *p)
{
	if (p->arp.answer > 0x1fff)
		return "the ARP answer mask has more than 13 bits";
	if (p->arp.retries == 0 || p->arp.retry_ms == 0 || p->arp.reachable_ms == 0)
		return "an ARP retry or lifetime is 0";
	if (p->frag_overlap >= MIEN_OVERLAP_COUNT)
		return "the overlap policy of fragments is unknown";
	if (p->frag_max == 0 || p->frag_timeout_ms == 0)
		return "reassembly has no room or no time";
	return NULL;
}

static const char *
check_all(const struct mien_personality *p)
{
	const char *why = check_head(p);

	for (unsigned int c = 0; c < MIEN_CLASS_COUNT && why == NULL; c++)
		why = check_ip(&p->ip[c]);
	if (why == NULL)
		why = check_templates(p);
	if (why == NULL)
		why = check_answers(p);
	if (why == NULL)
		why = check_syn_cases(p);
	if (why == NULL)
		why = check_tcp(&p->tcp);
	if (why == NULL)
		why = check_icmp(&p->icmp);
	return why == NULL ? check_rest(p) : why;
}

int
mien_personality_validate(const struct mien_personality *p, const char **why)
{
	const char *text = p == NULL ? "there is no personality" : check_all(p);

	if (why != NULL)
		*why = text;
	return text == NULL ? 0 : MIEN_EINVAL;
}

const char *
mien_tcp_state_name(enum mien_tcp_state state)
{
	static const char *const names[] = {
#define STATE_NAME(id, name) [MIEN_TCP_##id] = name,
		MIEN_TCP_STATES(STATE_NAME)
#undef STATE_NAME
	};

	return (unsigned int)state < MIEN_TCP_STATE_COUNT ? names[state] : "?";
}
