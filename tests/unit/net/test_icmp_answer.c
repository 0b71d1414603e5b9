/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors at the edges of their rules: short packets, small links, limits of all hosts together. */
#include "suites.h"

#include "bed.h"
#include "udp_hdr.h"

#define QUOTE (FRAME_L4 + 8) /* where the quoted header stands in an error's frame */
#define BAD_OPTION "\x07\x07\x00\x00" /* record route with pointer 0 */

/* A datagram with len bytes to a closed port; the error that answers it. */
static const struct sent *
error_about(struct bed *b, size_t len)
{
	static const uint8_t data[1400] = {1};
	const struct sent *s;
	struct frame f;

	frame_udp(&f, 5555, 40000, data, len);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	return s;
}

static void
there_is_no_more_to_quote_than_came(void)
{
	struct bed *b = bed_new();
	const struct sent *s;

	b->p->icmp.quote = 84;
	bed_start(b);
	s = error_about(b, 10);
	CHECK_EQ_U(s->len, QUOTE + 38);
	CHECK_EQ_U(get_be16(s->bytes + QUOTE + 2), 38);
	bed_free(b);
}

static void
errors_fit_the_link(void)
{
	struct bed *b = bed_new();

	/* given a personality that would send more than the link takes, in quote and in padding */
	b->p->icmp.max = 1500;
	b->p->icmp.pad_to = 560;
	b->env.mtu = 576;
	bed_start(b);
	CHECK_EQ_U(error_about(b, 700)->len - FRAME_IP, 576);
	CHECK_EQ_U(error_about(b, 10)->len - FRAME_IP, 28 + 38);
	b->p->icmp.pad_to = 548;
	CHECK_EQ_U(error_about(b, 10)->len - FRAME_IP, 576);
	bed_free(b);
}

/* The answer to a packet whose option is wrong. */
static const struct sent *
problem(struct bed *b, uint8_t proto, uint16_t frag_off, const void *data, size_t len)
{
	const struct ip4_hdr_v v = {.proto = proto,
		.opts = (const uint8_t *)BAD_OPTION "\x00\x00\x00\x00",
		.opt_len = 8,
		.frag_off = frag_off};
	struct frame f;

	frame_ip(&f, &v, data, len);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_IP_OPTION);
	return bed_sent(b);
}

static void
what_is_not_there_is_not_bent(void)
{
	struct bed *b = bed_new();
	const struct sent *s;

	/* given a personality that bends the checksum and the data of what it quotes */
	b->p->icmp.parameter_problem = 1;
	b->p->icmp.udp_sum = MIEN_SUM_ZERO;
	b->p->icmp.payload_bad = 1;
	bed_start(b);

	/* when half a UDP header comes with a wrong option, then it comes back as it was */
	s = problem(b, IPP_UDP, 0, "\1\2\3\4", 4);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(s->len, QUOTE + 28 + 4);
	CHECK_MEM(s->bytes + QUOTE + 28, "\1\2\3\4", 4);
	bed_free(b);
}

static void
problems_are_told_by_rule(void)
{
	struct bed *b = bed_new();
	const struct sent *s;

	b->p->icmp.parameter_problem = 1;
	bed_start(b);

	/* an ICMP message of which nothing came is no error, and gets one */
	s = problem(b, IPP_ICMP, 0, "", 0);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_U(s->bytes[FRAME_L4], ICMP4_PARAM_PROBLEM);
	CHECK_EQ_U(s->bytes[FRAME_L4 + 4], 22);

	/* an ICMP error gets none, nor does a fragment behind the first */
	CHECK_NULL(problem(b, IPP_ICMP, 0, "\3\3\0\0\0\0\0\0", 8));
	CHECK_NULL(problem(b, IPP_UDP, 8, "12345678", 8));
	CHECK_NOT_NULL(problem(b, IPP_UDP, 0, "12345678", 8));
	bed_free(b);
}

static void
a_bad_sum_is_never_right(void)
{
	struct bed *b = bed_new();
	const struct sent *s;
	struct frame f;

	b->p->icmp.ip_sum = MIEN_SUM_BAD;
	bed_start(b);

	/* given a packet whose header's sum is fffe, to which one more would be ffff: a zero for some */
	frame_udp(&f, 5555, 40000, "hello", 5);
	for (uint16_t id = 0; get_be16(f.bytes + FRAME_IP + 10) != 0xfffe; id++) {
		put_be16(f.bytes + FRAME_IP + 4, id);
		frame_fix_ip(&f);
	}
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	s = bed_sent(b);
	REQUIRE_NOT_NULL(s);
	CHECK_EQ_X(get_be16(s->bytes + QUOTE + 10), 0xfffd);
	bed_free(b);
}

static void
all_answers_have_a_limit(void)
{
	struct bed *b = bed_new_started();
	struct frame f;

	/* given a stack that answers strangers eight times a second, and once at once */
	b->env.answers_per_second = 8;
	(void)error_about(b, 10);

	/* when others ask at the same time, then no kind of answer goes out */
	frame_udp(&f, 5555, 40000, "hello", 5);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_UDP_CLOSED);
	CHECK_EQ_U(bed_drops(b, MIEN_DROP_ICMP_RATE), 1);
	frame_echo(&f, 7, 16);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_ICMP_RATE);
	CHECK_NULL(bed_sent(b));
	bed_advance(b, 126 * NS_PER_MS);
	CHECK_EQ_I(bed_rx(b, f.bytes, f.len), MIEN_DROP_NONE);
	CHECK_NOT_NULL(bed_sent(b));
	bed_free(b);
}

static const struct test_case cases[] = {
	{"there is no more to quote than came", there_is_no_more_to_quote_than_came},
	{"an error fits the link, its padding too", errors_fit_the_link},
	{"what is not there is not bent", what_is_not_there_is_not_bent},
	/* proves IC-3 */
	{"a wrong option is told unless it stands in an error or a later fragment", problems_are_told_by_rule},
	{"a sum that is to be bad is never right by chance", a_bad_sum_is_never_right},
	/* proves IC-9 */
	{"the answers of all hosts together are limited", all_answers_have_a_limit},
	{NULL, NULL},
};

const struct test_suite icmp_answer_suite = {"icmp_answer", NULL, NULL, cases, NULL, NULL};
