/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host of each profile says in one fixed scene, as text and as a digest:
 *
 *	golden list		 the profiles
 *	golden trace PROFILE	 every frame, a line each, numbers relative to the ISNs
 *	golden digest		 SHA-256 of all frames of a busy, lossy scene with every profile
 *
 * The peer is the plain host at 10.0.0.2. Equal in every build, whatever compiler and optimisation.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <mien/profile.h>

#include "eth.h"
#include "icmp4.h"
#include "ip4.h"
#include "segment_fmt.h"
#include "stack_rig.h"
#include "tcp_hdr.h"
#include "tcp_opt.h"
#include "udp_hdr.h"

#define HOST 0x0a000001u
#define PEER 0x0a000002u
#define FLOWS 64

/* First numbers of each direction, so that lines can be read. */
struct base {
	uint16_t sport, dport;
	uint32_t seq, tsval;
	bool ts;
};

struct trace {
	struct base base[FLOWS];
	unsigned int n;
};

static struct base *
base_of(struct trace *t, uint16_t sport, uint16_t dport)
{
	for (unsigned int i = 0; i < t->n; i++)
		if (t->base[i].sport == sport && t->base[i].dport == dport)
			return &t->base[i];
	if (t->n == FLOWS)
		t->n = 0;
	t->base[t->n] = (struct base){.sport = sport, .dport = dport};
	return &t->base[t->n++];
}

static void
tcp_line(struct trace *t, const struct tcp_hdr_v *v, char *line, size_t cap)
{
	struct base *me = base_of(t, v->sport, v->dport), *you = base_of(t, v->dport, v->sport);
	struct segment_bases bases = {0};
	struct tcp_opts o;
	int n;

	tcp_opts_parse(v->opts, v->opt_len, &o);
	if (v->flags & TH_SYN)
		me->seq = v->seq;
	if (o.present & OPT_TS && !me->ts && o.tsval) {
		me->ts = true;
		me->tsval = o.tsval;
	}
	bases = (struct segment_bases){.seq = me->seq, .ack = you->seq, .tsval = me->tsval, .tsecr = you->tsval};
	if (v->flags & TH_RST && !(v->seq - me->seq < 1u << 24)) /* a number that is no stream's */
		bases.seq = 0;
	n = snprintf(line, cap, "%u > %u ", v->sport, v->dport);
	segment_fmt(line + n, cap - (size_t)n, v, &bases);
}

static void
tap(void *ctx, struct stack_rig *r, unsigned from, const uint8_t *frame, uint32_t len)
{
	char line[SEGMENT_FMT_CAP + 64];
	struct ip4_hdr_v ip;
	struct tcp_hdr_v tcp;
	bool is_ip = get_be16(frame + 12) == 0x0800 && ip4_parse(frame + 14, len - 14, 0, &ip) == WIRE_OK;

	if (is_ip && ip.proto == 6 && tcp_parse(ip.payload, ip.payload_len, &tcp) == WIRE_OK)
		tcp_line(ctx, &tcp, line, sizeof(line));
	else
		packet_fmt(line, sizeof(line), frame, len);
	printf("%9" PRIu64 ".%03" PRIu64 " %c %s", (r->now - RIG_SECOND) / 1000000, r->now / 1000 % 1000,
		from == 0 ? '>' : '<', line);
	if (is_ip && from == 0)
		printf("  [ttl %u%s id %04x tos %02x len %u]", ip.ttl, ip.flags & IP4_DF ? " df" : "", ip.id, ip.tos,
			ip.total_len);
	putchar('\n');
}

/* -- frames of the peer ------------------------------------------------------------------------------------- */

static void
send_ip(struct stack_rig *r, uint8_t proto, const uint8_t *l4, uint16_t len, bool df)
{
	const struct ip4_hdr_v v = {.src = PEER, .dst = HOST, .proto = proto, .ttl = 64, .id = 0x1042,
		.flags = df ? IP4_DF : 0, .total_len = (uint16_t)(20 + len)};
	uint8_t frame[600];
	uint8_t *p = eth_build(frame, (const uint8_t[6]){2, 0, 0, 0, 0, 1}, (const uint8_t[6]){2, 0, 0, 0, 0, 2}, 0x0800);

	p = ip4_build(p, &v);
	memcpy(p, l4, len);
	rig_inject(r, 0, frame, (uint32_t)(p + len - frame));
	rig_run(r, 50 * RIG_MS);
}

static void
send_echo(struct stack_rig *r, uint8_t code, bool df)
{
	static const uint8_t bytes[120];
	uint8_t p[128];

	send_ip(r, 1, p, (uint16_t)icmp4_build(p, sizeof(p), ICMP4_ECHO, code, 0x12340001, bytes, sizeof(bytes)), df);
}

static void
send_udp(struct stack_rig *r)
{
	uint8_t p[308];
	const struct wire_piece piece = {p + 8, 300};

	memset(p, 'C', sizeof(p));
	udp_build(p, 40000, 33333, 308, 0);
	put_be16(p + 6, cksum_udp(cksum_pseudo4(PEER, HOST, 17, 308), p, 8, &piece, 1));
	send_ip(r, 17, p, 308, false);
}

/* A segment as a scanner sends it, with its usual options. */
static void
send_probe(struct stack_rig *r, uint16_t sport, uint16_t dport, uint8_t flags, uint16_t window, bool df)
{
	uint8_t p[60], opts[40], *o = opts;
	struct tcp_hdr_v v = {.sport = sport, .dport = dport, .seq = 0x1000, .ack = 0x2000, .flags = flags,
		.window = window, .opts = opts};

	o = tcp_opt_put_ws(o, 10);
	o = tcp_opt_put_nop(o);
	o = tcp_opt_put_mss(o, 265);
	o = tcp_opt_put_ts(o, 0xffffffff, 0);
	o = tcp_opt_put_sackok(o);
	v.opt_len = (uint8_t)(o - opts);
	tcp_build(p, &v);
	put_be16(p + 16, cksum_l4(cksum_pseudo4(PEER, HOST, 6, 40), p, 40, NULL, 0));
	send_ip(r, 6, p, 40, df);
}

/* -- the scene ---------------------------------------------------------------------------------------------- */

static void
probes(struct stack_rig *r)
{
	puts("# open port: no flags; SYN,FIN,URG,PSH; ACK; SYN,ECE,CWR");
	send_probe(r, 41000, 80, 0, 128, true);
	send_probe(r, 41001, 80, TH_SYN | TH_FIN | TH_URG | TH_PSH, 256, false);
	send_probe(r, 41002, 80, TH_ACK, 1024, true);
	send_probe(r, 41003, 80, TH_SYN | TH_ECE | TH_CWR, 3, false);
	puts("# closed port: SYN; ACK; FIN,PSH,URG");
	send_probe(r, 41004, 81, TH_SYN, 31337, false);
	send_probe(r, 41005, 81, TH_ACK, 32768, true);
	send_probe(r, 41006, 81, TH_FIN | TH_PSH | TH_URG, 65535, false);
}

static void
conversation(struct stack_rig *r)
{
	struct rig_conn *c;

	puts("# a request of 100 bytes, an answer of 3000, closed by the client");
	rig_connect_from(r, 1, 40001, 0, 80, &(struct rig_plan){.send = 100, .finish = true});
	rig_settle(r, 200 * RIG_SECOND);
	puts("# a connection that the host opens and aborts");
	c = rig_connect_from(r, 0, 50000, 1, 7, &(struct rig_plan){.send = 10, .keep = true});
	rig_run(r, RIG_SECOND);
	if (c && mien_tcp_abort(r->st[0], r->now, c->handle) != MIEN_OK)
		puts("# it was gone already");
	rig_settle(r, 200 * RIG_SECOND);
}

static const struct mien_personality *
wear(const char *name, struct mien_profile **profile)
{
	struct mien_error error;

	if (mien_profile_load(name, profile, &error) == MIEN_OK)
		return mien_profile_personality(*profile);
	fprintf(stderr, "%s\n", error.text);
	return NULL;
}

static int
trace(const char *name)
{
	struct trace t = {0};
	struct mien_profile *profile;
	struct rig_config config = {.unchecked = true, .link = {.delay_ns = RIG_MS}, .seed = 1, .tap = tap, .ctx = &t};
	struct stack_rig *r;

	config.p[0] = wear(name, &profile);
	if (!config.p[0])
		return 1;
	printf("# %s: time in ms, > from the host, < from its peer\n", name);
	r = rig_create(&config);
	rig_run(r, 5 * RIG_SECOND);
	rig_listen(r, 0, 80, &(struct rig_plan){.send = 3000, .finish = true});
	rig_listen(r, 1, 7, &(struct rig_plan){0});
	puts("# ping, code 9 with DF; code 0 without");
	send_echo(r, 9, true);
	send_echo(r, 0, false);
	puts("# a datagram to a closed port");
	send_udp(r);
	conversation(r);
	probes(r);
	r->config.tap = NULL;
	rig_run(r, 300 * RIG_SECOND);
	rig_abandon(r);
	mien_profile_unref(profile);
	return 0;
}

/* -- digests ------------------------------------------------------------------------------------------------ */

static int
digest(const char *name)
{
	struct rig_config config = {.link = {.delay_ns = 3 * RIG_MS, .rate_bps = 100000000, .loss_ppm = 20000,
		.reorder_ppm = 10000, .duplicate_ppm = 10000, .corrupt_ppm = 5000}, .seed = 7, .arp = true, .chains = true};
	const struct rig_plan plan = {.send = 50000, .finish = true, .write = RIG_MIX, .read = RIG_MIX};
	char text[SHA256_TEXT];
	struct mien_profile *profile;
	struct stack_rig *r;
	bool good;

	config.p[0] = wear(name, &profile);
	if (!config.p[0])
		return 1;
	config.wire.mss_default = config.p[0]->tcp.mss_default;
	r = rig_create(&config);
	rig_listen(r, 0, 80, &plan);
	rig_listen(r, 0, 7, &(struct rig_plan){.echo = true});
	for (unsigned int i = 0; i < 10; i++)
		rig_connect(r, 1, 0, i % 2 ? 80 : 7, &plan);
	good = rig_settle(r, 1000 * RIG_SECOND);
	printf("%s  %s, %" PRIu64 " frames\n", sha256_end(&r->digest, text), name, r->frames);
	good = rig_abandon(r) == 0 && good;
	mien_profile_unref(profile);
	return !good;
}

int
main(int argc, char **argv)
{
	struct mien_profile_info info;
	int failed = 0;

	if (argc == 3 && strcmp(argv[1], "trace") == 0)
		return trace(argv[2]);
	if (argc != 2 || (strcmp(argv[1], "list") != 0 && strcmp(argv[1], "digest") != 0)) {
		fputs("usage: golden list | trace PROFILE | digest\n", stderr);
		return 2;
	}
	for (size_t i = 0; mien_profile_builtin(i, &info); i++)
		if (!info.abstract) {
			if (argv[1][0] == 'l')
				puts(info.name);
			else
				failed |= digest(info.name);
		}
	return failed;
}
