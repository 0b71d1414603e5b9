/* SPDX-License-Identifier: BSD-3-Clause */
/* The checker itself: a right conversation passes, and each wrong segment is told. */
#include <string.h>

#include "eth.h"
#include "ip4.h"
#include "pattern.h"
#include "suites.h"
#include "tcp_hdr.h"
#include "tcp_opt.h"

#define A 0x0a000001u /* opens, at 1000; ISS 100 */
#define B 0x0a000002u /* serves, at 80; ISS 500 */
#define ISS_A 100u
#define ISS_B 500u

/* One segment; numbers are relative to the ISNs. */
struct say {
	bool b; /* B speaks */
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t window;
	const uint8_t *opts;
	uint8_t opt_len;
	uint16_t len;	  /* payload */
	bool spoil_bytes; /* not the pattern's */
	int spoil_at;	  /* a byte of the frame to flip, when not 0 */
};

static const uint8_t syn_opts[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 50, 0, 0, 0, 0, 1, 3, 3, 7};
static const uint8_t synack_opts[20] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 70, 0, 0, 0, 50, 1, 3, 3, 7};
static const uint8_t ts_a[12] = {1, 1, 8, 10, 0, 0, 0, 51, 0, 0, 0, 70};
static const uint8_t ts_b[12] = {1, 1, 8, 10, 0, 0, 0, 71, 0, 0, 0, 51};

static void
feed(struct wire_check *wc, const struct say *s)
{
	uint8_t frame[2000];
	struct ip4_hdr_v ip = {.src = s->b ? B : A, .dst = s->b ? A : B, .ttl = 64, .proto = 6, .flags = IP4_DF};
	struct tcp_hdr_v tcp = {.sport = s->b ? 80 : 1000, .dport = s->b ? 1000 : 80, .flags = s->flags,
		.window = s->window, .opts = s->opts, .opt_len = s->opt_len};
	uint8_t *p = eth_build(frame, (const uint8_t[6]){2, 0, 0, 0, 0, 1}, (const uint8_t[6]){2, 0, 0, 0, 0, 2}, 0x0800);
	uint16_t l4 = (uint16_t)(20 + s->opt_len + s->len);
	uint8_t *payload, *head;

	tcp.seq = s->seq + (s->b ? ISS_B : ISS_A);
	tcp.ack = s->flags & TH_ACK ? s->ack + (s->b ? ISS_A : ISS_B) : 0;
	ip.total_len = (uint16_t)(20 + l4);
	head = ip4_build(p, &ip);
	payload = tcp_build(head, &tcp);
	pattern_fill(payload, s->seq - 1, s->len, pattern_salt(80, 1000));
	if (s->spoil_bytes)
		payload[0] ^= 1;
	put_be16(head + 16, cksum_l4(cksum_pseudo4(ip.src, ip.dst, 6, l4), head, l4, NULL, 0));
	if (s->spoil_at)
		frame[s->spoil_at] ^= 1;
	wire_check_frame(wc, 0, frame, (size_t)(payload + s->len - frame));
}

static const struct say handshake[] = {
	{.flags = TH_SYN, .window = 65535, .opts = syn_opts, .opt_len = 20},
	{.b = true, .flags = TH_SYN | TH_ACK, .ack = 1, .window = 1000, .opts = synack_opts, .opt_len = 20},
	{.flags = TH_ACK, .seq = 1, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12},
	{.flags = TH_ACK, .seq = 1, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12, .len = 500},
	{.b = true, .flags = TH_ACK, .seq = 1, .ack = 501, .window = 20, .opts = ts_b, .opt_len = 12},
};

/* After the handshake and 500 bytes, one more segment: how many errors it makes. */
static uint64_t
errors_of(struct say last)
{
	const struct wire_check_config config = {.pattern = true, .quiet = true};
	struct wire_check *wc = wire_check_create(&config);
	uint64_t errors;

	for (unsigned int i = 0; i < sizeof(handshake) / sizeof(handshake[0]); i++)
		feed(wc, &handshake[i]);
	CHECK_EQ_U(wire_check_stats(wc)->errors, 0);
	if (!last.opts) {
		last.opts = last.b ? ts_b : ts_a;
		last.opt_len = 12;
	}
	feed(wc, &last);
	errors = wire_check_stats(wc)->errors;
	wire_check_free(wc);
	return errors;
}

#define FROM_A .flags = TH_ACK, .seq = 501, .ack = 1, .window = 512
#define FROM_B .b = true, .flags = TH_ACK, .seq = 1, .ack = 501, .window = 20

static void
right(void)
{
	CHECK_EQ_U(errors_of((struct say){FROM_A, .len = 100}), 0);
	CHECK_EQ_U(errors_of((struct say){.flags = TH_ACK, .seq = 1, .ack = 1, .window = 512, .len = 500}), 0);
	CHECK_EQ_U(errors_of((struct say){.flags = TH_ACK | TH_FIN, .seq = 501, .ack = 1, .window = 512}), 0);
	CHECK_EQ_U(errors_of((struct say){FROM_B, .len = 1448}), 0);
	CHECK_EQ_U(errors_of((struct say){.b = true, .flags = TH_RST, .seq = 1}), 0);
}

/* Farther than sequence numbers compare; what lies between is not shown. */
static void
right_far_on(void)
{
	const struct wire_check_config config = {.pattern = true, .quiet = true, .leaky = true};
	struct wire_check *wc = wire_check_create(&config);
	struct say a = {.flags = TH_ACK, .seq = 501, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12, .len = 1000};
	struct say b = {.b = true, .flags = TH_ACK, .seq = 1, .ack = 501, .window = 65535, .opts = ts_b, .opt_len = 12};

	for (unsigned int i = 0; i < sizeof(handshake) / sizeof(handshake[0]); i++)
		feed(wc, &handshake[i]);
	for (unsigned int i = 0; i < 300; i++) {
		feed(wc, &b);
		a.seq += 8000000;
		feed(wc, &a);
		b.ack = a.seq + a.len;
	}
	CHECK_EQ_U(wire_check_stats(wc)->errors, 0);
	wire_check_free(wc);
}

static void
frames(void)
{
	CHECK_EQ_U(errors_of((struct say){FROM_A, .spoil_at = 22}), 1);		    /* TTL: header checksum */
	CHECK_EQ_U(errors_of((struct say){FROM_A, .len = 9, .spoil_at = 14 + 20 + 32}), 2); /* checksum, bytes */
	CHECK(errors_of((struct say){FROM_A, .spoil_at = 14 + 20 + 14}) > 0);	    /* window: checksum */
	CHECK(errors_of((struct say){FROM_A, .len = 1449}) > 0);		    /* 1501 bytes */
}

static void
numbers(void)
{
	CHECK_EQ_U(errors_of((struct say){.flags = TH_ACK, .seq = 502, .ack = 1, .window = 512}), 1);
	CHECK_EQ_U(errors_of((struct say){.flags = TH_ACK, .seq = 501, .ack = 2, .window = 512}), 1);
	CHECK_EQ_U(errors_of((struct say){.b = true, .flags = TH_ACK, .seq = 1, .ack = 500, .window = 21}), 1);
	CHECK_EQ_U(errors_of((struct say){FROM_A, .len = 100, .spoil_bytes = true}), 1);
	CHECK_EQ_U(errors_of((struct say){.flags = TH_ACK | TH_FIN, .seq = 1, .ack = 1, .window = 512}), 1);
	CHECK_EQ_U(errors_of((struct say){.flags = TH_RST, .seq = 600}), 1);
	CHECK(errors_of((struct say){.flags = TH_PSH, .seq = 501, .window = 512}) > 0);
	CHECK_EQ_U(errors_of((struct say){.b = true, .flags = TH_SYN | TH_ACK, .seq = 7, .ack = 1,
			   .opts = synack_opts, .opt_len = 20}),
		1);
}

static void
windows(void)
{
	/* 500 + 20 * 128 is where the window ends */
	CHECK_EQ_U(errors_of((struct say){.b = true, .flags = TH_ACK, .seq = 1, .ack = 501, .window = 19}), 1);
	CHECK_EQ_U(errors_of((struct say){.flags = TH_ACK, .seq = 501, .ack = 1, .window = 511}), 1);
}

static void
beyond_the_window(void)
{
	const struct wire_check_config config = {.pattern = true, .quiet = true};
	struct wire_check *wc = wire_check_create(&config);

	for (unsigned int i = 0; i < sizeof(handshake) / sizeof(handshake[0]); i++)
		feed(wc, &handshake[i]);
	feed(wc, &(struct say){.flags = TH_ACK, .seq = 501, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12,
			  .len = 1448});
	feed(wc, &(struct say){.flags = TH_ACK, .seq = 1949, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12,
			  .len = 1112});
	CHECK_EQ_U(wire_check_stats(wc)->errors, 0);
	feed(wc, &(struct say){.flags = TH_ACK, .seq = 3061, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12,
			  .len = 1}); /* asks whether it is open again */
	CHECK_EQ_U(wire_check_stats(wc)->errors, 0);
	CHECK_EQ_U(wire_check_stats(wc)->probes, 1);
	feed(wc, &(struct say){.flags = TH_ACK, .seq = 3062, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12,
			  .len = 2});
	CHECK_EQ_U(wire_check_stats(wc)->errors, 1);
	wire_check_free(wc);
}

static uint64_t
options(const uint8_t *opts, uint8_t len)
{
	return errors_of((struct say){FROM_A, .opts = opts, .opt_len = len});
}

static void
options_are_read(void)
{
	static const uint8_t old_ts[12] = {1, 1, 8, 10, 0, 0, 0, 49, 0, 0, 0, 70};
	static const uint8_t wild_ecr[12] = {1, 1, 8, 10, 0, 0, 0, 52, 0, 0, 0, 99};
	static const uint8_t late_mss[16] = {1, 1, 8, 10, 0, 0, 0, 52, 0, 0, 0, 70, 2, 4, 5, 180};
	static const uint8_t no_end[16] = {1, 1, 8, 10, 0, 0, 0, 52, 0, 0, 0, 70, 0, 0, 0, 1};
	static const uint8_t cut[16] = {1, 1, 8, 10, 0, 0, 0, 52, 0, 0, 0, 70, 5, 10, 0, 0};
	static const uint8_t unsent_sack[24] = {1, 1, 8, 10, 0, 0, 0, 52, 0, 0, 0, 70, 1, 1, 5, 10, 0, 0, 2, 0, 0, 0, 3, 0};
	static const uint8_t nops[4] = {1, 1, 1, 1};

	CHECK_EQ_U(options(old_ts, 12), 1);
	CHECK_EQ_U(options(wild_ecr, 12), 1);
	CHECK_EQ_U(options(late_mss, 16), 1);
	CHECK_EQ_U(options(no_end, 16), 1);
	CHECK_EQ_U(options(cut, 16), 1);
	CHECK(options(unsent_sack, 24) > 0);
	CHECK_EQ_U(options(nops, 4), 1); /* timestamps are missing */
}

static void
after_the_end(void)
{
	const struct wire_check_config config = {.pattern = true, .quiet = true};
	struct wire_check *wc = wire_check_create(&config);

	for (unsigned int i = 0; i < sizeof(handshake) / sizeof(handshake[0]); i++)
		feed(wc, &handshake[i]);
	feed(wc, &(struct say){.flags = TH_ACK | TH_FIN, .seq = 501, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12});
	feed(wc, &(struct say){.flags = TH_ACK, .seq = 502, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12});
	CHECK_EQ_U(wire_check_stats(wc)->errors, 0);
	feed(wc, &(struct say){.flags = TH_ACK, .seq = 502, .ack = 1, .window = 512, .opts = ts_a, .opt_len = 12, .len = 5});
	CHECK_EQ_U(wire_check_stats(wc)->errors, 1);
	feed(wc, &(struct say){.b = true, .flags = TH_RST, .seq = 1});
	CHECK_EQ_U(wire_check_stats(wc)->errors, 1);
	feed(wc, &(struct say){FROM_B, .opts = ts_b, .opt_len = 12});
	CHECK(wire_check_stats(wc)->errors > 1);
	wire_check_free(wc);
}

/* An application that never closes: what it leaves is counted. */
static void
the_rig_notices(void)
{
	struct stack_rig *r = rig_create(&(struct rig_config){.quiet = true, .wire = {.quiet = true}});

	rig_listen(r, 0, 80, &(struct rig_plan){.hold = true});
	rig_connect(r, 1, 0, 80, &(struct rig_plan){.send = 100, .keep = true});
	rig_run(r, RIG_SECOND);
	CHECK(rig_end(r) >= 2); /* connections are left */
}

static const struct test_case cases[] = {
	{"a right conversation passes", right},
	{"it passes more than 2 GiB behind its SYN", right_far_on},
	/* proves MUST-2 */
	{"wrong checksums and sizes are told", frames},
	{"wrong numbers are told", numbers},
	/* proves TS-2 */
	{"a window that shrinks is told", windows},
	{"bytes beyond the window are told, a probe is not", beyond_the_window},
	/* proves MUST-65 MUST-69 */
	{"options of wrong form or place are told", options_are_read},
	{"what comes after FIN or RST is told", after_the_end},
	{"the rig tells of connections left behind", the_rig_notices},
	{NULL, NULL},
};

const struct test_suite checker_suite = {.name = "checker", .cases = cases};
