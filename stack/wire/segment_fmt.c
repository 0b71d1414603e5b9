/* SPDX-License-Identifier: BSD-3-Clause */
#include "segment_fmt.h"

#include "wire_text.h"

static const struct segment_bases no_bases;

size_t
tcp_flags_fmt(char *buf, size_t cap, uint8_t flags)
{
	/* packetdrill's order, which is tcpdump 4.1.1's */
	static const struct {
		uint8_t flag;
		char letter;
	} order[] = {
		{TH_FIN, 'F'},
		{TH_SYN, 'S'},
		{TH_RST, 'R'},
		{TH_PSH, 'P'},
		{TH_ACK, '.'},
		{TH_URG, 'U'},
		{TH_ECE, 'E'},
		{TH_CWR, 'W'},
	};
	struct wire_text t;

	text_begin(&t, buf, cap);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (flags & order[i].flag)
			text_add(&t, "%c", order[i].letter);
	if (flags == 0)
		text_add(&t, "-");
	return t.len;
}

/* A kind without words of its own, or one whose length is not its kind's: kind and bytes. */
static void
add_raw(struct wire_text *t, const struct tcp_opt *opt)
{
	text_add(t, "?%u", opt->kind);
	if (opt->len > 2)
		text_add(t, " ");
	text_add_hex(t, opt->data, opt->len - 2u);
}

static void
add_cookie(struct wire_text *t, const char *name, const uint8_t *p, size_t len)
{
	text_add(t, len ? "%s " : "%s", name);
	text_add_hex(t, p, len);
}

/* Fast Open under an experimental kind (RFC 6994 magic 0xf989). */
static bool
is_exp_tfo(const struct tcp_opt *opt)
{
	return opt->kind == TCPOPT_EXP2 && opt->len >= 4 && get_be16(opt->data) == TCP_TFO_EXP_MAGIC;
}

static void
add_sack(struct wire_text *t, const struct tcp_opts *o, const struct segment_bases *b)
{
	text_add(t, "sack");
	for (unsigned int i = 0; i < o->n_sack; i++)
		text_add(t, " %u:%u", o->sack[i].left - b->ack, o->sack[i].right - b->ack);
}

/* One option; its value is read by the parser, so that the text shows what the engine saw. */
static void
add_option(struct wire_text *t, const struct tcp_opt *opt, const struct segment_bases *b)
{
	struct tcp_opts o;

	if (opt->kind <= TCPOPT_NOP) {
		text_add(t, opt->kind == TCPOPT_EOL ? "eol" : "nop");
		return;
	}
	tcp_opts_parse_any(opt->data - 2, opt->len, &o);
	if (o.present == OPT_MSS)
		text_add(t, "mss %u", o.mss);
	else if (o.present == OPT_WS)
		text_add(t, "wscale %u", o.wscale);
	else if (o.present == OPT_SACKOK)
		text_add(t, "sackOK");
	else if (o.present == OPT_TS)
		text_add(t, "TS val %u ecr %u", o.tsval - b->tsval,
			o.tsecr ? o.tsecr - b->tsecr : 0);
	else if (o.present == OPT_SACK)
		add_sack(t, &o, b);
	else if (o.present == OPT_TFO)
		add_cookie(t, o.tfo_exp ? "FOEXP" : "FO", o.tfo, o.tfo_len);
	else if (is_exp_tfo(opt))
		add_cookie(t, "FOEXP", opt->data + 2, opt->len - 4u);
	else if (o.present == OPT_MD5)
		add_cookie(t, "md5", opt->data, opt->len - 2u);
	else
		add_raw(t, opt);
}

size_t
tcp_options_fmt(char *buf, size_t cap, const uint8_t *opts, size_t len,
	const struct segment_bases *bases)
{
	struct tcp_opt_iter it;
	struct wire_text t;
	struct tcp_opt opt;

	text_begin(&t, buf, cap);
	tcp_opt_begin(&it, opts, len);
	while (tcp_opt_next(&it, &opt)) {
		if (t.len)
			text_add(&t, ",");
		add_option(&t, &opt, bases ? bases : &no_bases);
	}
	if (it.stop == TCP_OPT_AT_BAD) {
		text_add(&t, t.len ? ",! " : "! ");
		text_add_hex(&t, it.p, (size_t)(it.end - it.p));
	}
	return t.len;
}

size_t
segment_fmt(char *buf, size_t cap, const struct tcp_hdr_v *v, const struct segment_bases *bases)
{
	const struct segment_bases *b = bases ? bases : &no_bases;
	char flags[9], opts[TCP_OPTIONS_FMT_CAP];
	uint32_t seq = v->seq - b->seq;
	struct wire_text t;

	text_begin(&t, buf, cap);
	tcp_flags_fmt(flags, sizeof(flags), v->flags);
	text_add(&t, "%s %u:%u(%u)", flags, seq, seq + v->payload_len, v->payload_len);
	if (v->flags & TH_ACK)
		text_add(&t, " ack %u", v->ack - b->ack);
	text_add(&t, " win %u", v->window);
	if (v->flags & TH_URG)
		text_add(&t, " urg %u", v->urp);
	if (v->reserved)
		text_add(&t, " reserved %x", v->reserved);
	if (v->opt_len) {
		tcp_options_fmt(opts, sizeof(opts), v->opts, v->opt_len, b);
		text_add(&t, " <%s>", opts);
	}
	return t.len;
}

size_t
segment_fmt_addr(char *buf, size_t cap, uint8_t family, const uint8_t *src, const uint8_t *dst,
	const struct tcp_hdr_v *v, const struct segment_bases *bases)
{
	char from[64], to[64], text[SEGMENT_FMT_CAP];
	struct wire_text t;

	text_begin(&t, buf, cap);
	endpoint_fmt(from, sizeof(from), family, src, v->sport);
	endpoint_fmt(to, sizeof(to), family, dst, v->dport);
	segment_fmt(text, sizeof(text), v, bases);
	text_add(&t, "%s > %s %s", from, to, text);
	return t.len;
}

size_t
ip4_addr_fmt(char *buf, size_t cap, uint32_t addr)
{
	struct wire_text t;

	text_begin(&t, buf, cap);
	text_add(&t, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255);
	return t.len;
}

/* The first of the longest runs of two or more zero groups (RFC 5952 4.2); length in *run. */
static unsigned int
longest_zero_run(const uint8_t addr[16], unsigned int *run)
{
	unsigned int best = 8, len = 0;

	*run = 1;
	for (unsigned int i = 0; i < 8; i++) {
		len = get_be16(addr + 2 * i) ? 0 : len + 1;
		if (len > *run) {
			*run = len;
			best = i + 1 - len;
		}
	}
	return best;
}

size_t
ip6_addr_fmt(char *buf, size_t cap, const uint8_t addr[16])
{
	unsigned int run, zeros = longest_zero_run(addr, &run);
	struct wire_text t;

	text_begin(&t, buf, cap);
	for (unsigned int i = 0; i < 8; i++) {
		if (i == zeros) {
			text_add(&t, "::");
			i += run - 1;
			continue;
		}
		text_add(&t, i && i != zeros + run ? ":%x" : "%x", get_be16(addr + 2 * i));
	}
	return t.len;
}

size_t
ip_addr_fmt(char *buf, size_t cap, uint8_t family, const uint8_t *addr)
{
	return family == 6 ? ip6_addr_fmt(buf, cap, addr) : ip4_addr_fmt(buf, cap, get_be32(addr));
}

size_t
endpoint_fmt(char *buf, size_t cap, uint8_t family, const uint8_t *addr, uint16_t port)
{
	struct wire_text t;
	char text[46];

	text_begin(&t, buf, cap);
	ip_addr_fmt(text, sizeof(text), family, addr);
	text_add(&t, family == 6 ? "[%s]:%u" : "%s:%u", text, port);
	return t.len;
}

size_t
eth_addr_fmt(char *buf, size_t cap, const uint8_t addr[6])
{
	struct wire_text t;

	text_begin(&t, buf, cap);
	text_add(&t, "%02x:%02x:%02x:%02x:%02x:%02x", addr[0], addr[1], addr[2], addr[3], addr[4],
		addr[5]);
	return t.len;
}
