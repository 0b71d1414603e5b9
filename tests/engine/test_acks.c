/* SPDX-License-Identifier: BSD-3-Clause */
/* When an ACK waits for an answer to ride on or for a reader, as Linux's, and when a window is told, as FreeBSD's. */
#include "suites.h"

#define ECT0 2
#define CE 3

static struct harness *
acking(uint8_t quick, uint8_t answers)
{
	struct mien_personality p;

	mien_personality_init_plain(&p);
	p.tcp.rto_min_ms = 1000;
	p.tcp.nagle = 0;
	p.tcp.quickack = quick;
	p.tcp.interactive = answers;
	return harness_new(&p);
}

static struct harness *
interactive(uint8_t answers)
{
	struct harness *h = acking(16, answers);

	harness_open(h, "mss 1460,nop,nop,sackOK");
	return h;
}

static void
an_answer_makes_acks_wait_for_the_next(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	expect(h, ". 1:1(0) ack 11"); /* quick: nothing was answered yet */
	harness_advance(h, 39);
	harness_send(h, 1, 10);
	expect(h, "P. 1:11(10) ack 11");

	inject(h, "P. 11:21(10) ack 11");

	expect_none(h);
	harness_send(h, 11, 10);
	expect(h, "P. 11:21(10) ack 21");
	harness_free(h);
}

static void
an_ack_that_had_to_go_alone_makes_them_quick_again(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	harness_send(h, 1, 10);
	harness_ignore(h);
	inject(h, "P. 11:21(10) ack 11");
	expect_none(h);
	harness_advance(h, 100);
	expect_time(h, 40, ". 11:11(0) ack 21");

	inject(h, "P. 21:31(10) ack 11");

	expect(h, ". 11:11(0) ack 31");
	harness_free(h);
}

static void
what_is_sent_late_is_no_answer(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	harness_advance(h, 40);
	harness_send(h, 1, 10);
	harness_ignore(h);

	inject(h, "P. 11:21(10) ack 11");

	expect(h, ". 11:11(0) ack 21");
	harness_free(h);
}

static void
a_long_answer_is_one(void)
{
	struct harness *h = interactive(3);

	for (unsigned int i = 0; i < 3; i++) {
		injectf(h, "P. %u:%u(10) ack %u", i * 10 + 1, i * 10 + 11, i * 4000 + 1);
		harness_ignore(h);
		CHECK_EQ_U(harness_tcb(h)->answers, i);
		harness_send(h, i * 4000 + 1, 4000);
		harness_ignore(h);
	}
	inject(h, "P. 31:41(10) ack 12001");

	expect_none(h);
	harness_free(h);
}

static void
behind_a_pause_acks_are_quick_again(void)
{
	struct harness *h = interactive(1);

	for (unsigned int i = 0; i < 16; i++) {
		injectf(h, "P. %u:%u(10) ack 1", i * 10 + 1, i * 10 + 11);
		harness_ignore(h);
	}
	inject(h, "P. 161:171(10) ack 1");
	expect_none(h); /* there were sixteen */
	harness_advance(h, 990);
	harness_ignore(h);
	inject(h, "P. 171:181(10) ack 1");
	expect_none(h); /* shorter than the retransmission timeout */
	harness_advance(h, 1010);
	harness_ignore(h);

	inject(h, "P. 181:191(10) ack 1");

	expect(h, ". 1:1(0) ack 191");
	harness_free(h);
}

static void
data_that_came_before_make_acks_quick_again(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	harness_send(h, 1, 10);
	harness_ignore(h);
	inject(h, "P. 1:11(10) ack 11");
	harness_ignore(h);

	inject(h, "P. 11:21(10) ack 11");

	expect(h, ". 11:11(0) ack 21");
	harness_free(h);
}

static void
data_that_waited_for_the_handshake_are_an_answer(void)
{
	struct harness *h = acking(16, 1);

	harness_connect(h);
	harness_send(h, 1, 10);
	harness_ignore(h);
	inject(h, "S. 0:0(0) ack 1 <mss 1460>");
	expect(h, "P. 1:11(10) ack 1");

	inject(h, "P. 1:11(10) ack 11");

	expect_none(h);
	harness_free(h);
}

/* -- Linux's: what is read, what is more than one full segment ------------------------------------------------------ */

/* No ACK is quick; `answers` make it interactive. */
static struct harness *
reading(uint8_t answers)
{
	struct harness *h = acking(0, answers);

	h->p.tcp.delack_part = 1;
	h->p.tcp.delack_read = 1;
	harness_open(h, "mss 1460,nop,nop,sackOK");
	return h;
}

/* The same, and the last thing that happened is an answer. */
static struct harness *
answering(void)
{
	struct harness *h = reading(1);

	inject(h, "P. 1:11(10) ack 1");
	harness_send(h, 1, 10);
	expect(h, "P. 1:11(10) ack 11");
	inject(h, ". 11:11(0) ack 11");
	harness_read(h, 1, 10);
	expect_none(h);
	return h;
}

static void
who_has_read_all_acknowledges_it(void)
{
	struct harness *h = reading(1);

	inject(h, "P. 1:11(10) ack 1");
	expect_none(h);
	harness_read(h, 1, 9);
	expect_none(h);

	harness_read(h, 10, 1);

	expect(h, ". 1:1(0) ack 11");
	inject(h, ". 11:21(10) ack 1"); /* nobody pushed it, but it is small */
	expect_none(h);
	harness_read(h, 11, 10);
	expect(h, ". 1:1(0) ack 21");
	harness_advance(h, 100);
	expect_none(h);
	harness_free(h);
}

static void
a_full_segment_that_is_read_waits_unless_it_was_pushed(void)
{
	struct harness *h = reading(1);

	inject(h, ". 1:1001(1000) ack 1");
	harness_read(h, 1, 1000);
	expect_none(h);
	harness_advance(h, 100);
	expect_time(h, 40, ". 1:1(0) ack 1001");

	inject(h, "P. 1001:2001(1000) ack 1");
	expect_none(h);
	harness_read(h, 1001, 1000);

	expect(h, ". 1:1(0) ack 2001");
	harness_free(h);
}

static void
an_interactive_reader_acknowledges_the_second_small_segment(void)
{
	struct harness *h = answering();

	inject(h, "P. 11:21(10) ack 11");
	harness_read(h, 11, 10);
	expect_none(h);
	inject(h, "P. 21:31(10) ack 11");
	expect_none(h);

	harness_read(h, 21, 10);

	expect(h, ". 11:11(0) ack 31");
	harness_free(h);
}

static void
more_than_a_full_segment_is_acknowledged_at_once(void)
{
	struct harness *h = answering();

	inject(h, ". 11:1011(1000) ack 11");
	expect_none(h);

	inject(h, "P. 1011:1012(1) ack 11");

	expect(h, ". 11:11(0) ack 1012");
	harness_free(h);
}

/* -- before or with what the application says ------------------------------------------------------------------------ */

/* The application reacts when a whole burst was looked at; its own segment goes behind the ACK that was due then. */
static void
what_is_due_leaves_before_the_application_speaks(void)
{
	for (uint8_t apart = 0; apart < 2; apart++) {
		struct harness *h = acking(1, 1);

		h->p.tcp.ack_apart = apart;
		harness_open(h, "mss 1460");
		h->hold = true;
		inject(h, "P. 1:11(10) ack 1");
		h->hold = false;

		harness_send(h, 1, 10);

		if (apart)
			expect(h, ". 1:1(0) ack 11");
		expect(h, "P. 1:11(10) ack 11");
		inject(h, "P. 11:21(10) ack 11"); /* waits, so it has company in any case */
		harness_send(h, 11, 10);
		expect(h, "P. 11:21(10) ack 21");
		expect_none(h);
		harness_free(h);
	}
}

static void
a_handshake_ends_before_the_application_speaks(void)
{
	for (uint8_t apart = 0; apart < 2; apart++) {
		struct harness *h = acking(0, 0);

		h->p.tcp.ack_apart = apart;
		harness_connect(h);
		harness_ignore(h);
		h->hold = true;
		inject(h, "S. 0:0(0) ack 1 <mss 1460>");
		h->hold = false;

		harness_send(h, 1, 10);

		if (apart)
			expect(h, ". 1:1(0) ack 1");
		expect(h, "P. 1:11(10) ack 1");
		expect_none(h);
		harness_free(h);
	}
}

static void
a_fin_is_acknowledged_before_it_is_answered(void)
{
	for (uint8_t apart = 0; apart < 2; apart++) {
		struct harness *h = acking(0, 0);

		h->p.tcp.ack_apart = apart;
		harness_open(h, "mss 1460");
		h->hold = true;
		inject(h, "F. 1:1(0) ack 1");
		h->hold = false;

		harness_close(h);

		if (apart)
			expect(h, ". 1:1(0) ack 2");
		expect(h, "F. 1:1(0) ack 2");
		expect_none(h);
		harness_free(h);
	}
}

/* Linux's: whoever hears of a FIN closes soon. */
static void
the_ack_of_a_fin_waits_for_the_close(void)
{
	static const char *const fins[] = {"F. 1:1(0) ack 1", "FP. 1:11(10) ack 1", "F. 1:537(536) ack 1"};

	for (unsigned int i = 0; i < 3; i++) {
		static const char *const answers[] = {"F. 1:1(0) ack 2", "F. 1:1(0) ack 12", ". 1:1(0) ack 538"};
		struct harness *h = acking(16, 1);

		h->p.tcp.delack_part = h->p.tcp.ack_apart = 1;
		harness_open(h, "mss 1460");
		inject(h, fins[i]);
		if (i < 2)
			expect_none(h);
		else
			expect(h, answers[i]); /* more than a full segment */
		harness_read(h, 1, i == 0 ? 0 : i == 1 ? 10 : 536);
		harness_close(h);

		expect(h, i < 2 ? answers[i] : "F. 1:1(0) ack 538");
		harness_free(h);
	}
}

static void
nobody_waits_longer_for_a_close_than_for_an_answer(void)
{
	struct harness *h = interactive(1);

	inject(h, "P. 1:11(10) ack 1");
	expect(h, ". 1:1(0) ack 11");
	inject(h, "F. 11:11(0) ack 1");
	expect_none(h);
	harness_advance(h, 100);
	expect_time(h, 40, ". 1:1(0) ack 12");
	harness_free(h);

	/* where no data came it knows of no delay */
	h = interactive(1);
	inject(h, "F. 1:1(0) ack 1");
	expect_none(h);
	harness_advance(h, 100);
	expect_time(h, 1, ". 1:1(0) ack 2");
	harness_free(h);
}

/* -- Linux's: how long an ACK waits ----------------------------------------------------------------------------------- */

/* A path of so many ms, a timeout of at least 200; no ACK is quick any more, no answer was given. */
static struct harness *
patient(uint64_t rtt_ms)
{
	struct harness *h = acking(1, 1);

	h->p.tcp.delack_ms = 40;
	h->p.tcp.delack_most_ms = 200;
	h->p.tcp.rto_min_ms = 200;
	harness_open_after(h, "mss 1460,nop,nop,sackOK", rtt_ms);
	inject(h, "P. 1:11(10) ack 1");
	expect(h, ". 1:1(0) ack 11");
	return h;
}

/* Ten bytes more after a gap; their ACK leaves so much later, alone. */
static void
expect_wait(struct harness *h, unsigned int *seq, uint64_t gap, uint64_t ms)
{
	char ack[32];

	harness_advance(h, gap);
	injectf(h, "P. %u:%u(10) ack 1", *seq, *seq + 10);
	*seq += 10;
	harness_advance(h, ms - 2);
	expect_none(h);
	harness_advance(h, 2);
	snprintf(ack, sizeof(ack), ". 1:1(0) ack %u", *seq);
	expect(h, ack);
}

static void
an_ack_waits_longer_when_no_answer_came_up_to_a_round_trip(void)
{
	struct harness *h = patient(150);
	unsigned int seq = 11;

	expect_wait(h, &seq, 100, 40);
	expect_wait(h, &seq, 60, 80);
	expect_wait(h, &seq, 90, 150);
	expect_wait(h, &seq, 100, 150);
	harness_free(h);
}

static void
on_a_short_path_an_ack_waits_no_longer(void)
{
	struct harness *h = patient(5);
	unsigned int seq = 11;

	expect_wait(h, &seq, 100, 40);
	expect_wait(h, &seq, 60, 40);
	expect_wait(h, &seq, 60, 40);
	harness_free(h);
}

static void
nor_where_the_system_has_one_time(void)
{
	struct harness *h = patient(150);
	unsigned int seq = 11;

	h->p.tcp.delack_most_ms = 0;
	expect_wait(h, &seq, 100, 40);
	expect_wait(h, &seq, 60, 40);
	harness_free(h);
}

static void
an_ack_waits_as_the_gaps_are(void)
{
	struct harness *h = patient(150);
	unsigned int seq = 11;

	expect_wait(h, &seq, 39, 59); /* 40 / 2 + 39; 118 next */
	expect_wait(h, &seq, 21, 139); /* 118 / 2 + 59 + 21 */
	harness_free(h);
}

static void
segments_close_together_make_it_wait_less(void)
{
	struct harness *h = patient(150);
	unsigned int seq = 11;

	expect_wait(h, &seq, 100, 40);
	expect_wait(h, &seq, 60, 80);
	inject(h, "P. 31:41(10) ack 1"); /* 80 behind the last: 160 / 2 + 80, no more than 150 */
	harness_advance(h, 10);
	inject(h, "P. 41:51(10) ack 1"); /* 160 / 2 + 20 */
	harness_advance(h, 10);
	inject(h, "P. 51:61(10) ack 1"); /* 100 / 2 + 20 */
	harness_advance(h, 68);
	expect_none(h);
	harness_advance(h, 2);
	expect(h, ". 1:1(0) ack 61");
	harness_free(h);
}

static void
an_ack_that_is_nearly_due_leaves_with_what_comes(void)
{
	struct harness *h = patient(5);

	inject(h, "P. 11:21(10) ack 1");
	harness_advance(h, 29);
	inject(h, "P. 21:31(10) ack 1");
	expect_none(h); /* eleven of forty are left */
	harness_advance(h, 1);

	inject(h, "P. 31:41(10) ack 1");

	expect(h, ". 1:1(0) ack 41");
	harness_free(h);
}

static void
an_answer_within_a_longer_wait_is_one(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct harness *h = patient(150);
		unsigned int seq = 11;

		expect_wait(h, &seq, 100, 40);
		expect_wait(h, &seq, 60, 80);
		harness_advance(h, 100);
		inject(h, "P. 31:41(10) ack 1"); /* 150 */
		harness_advance(h, i == 0 ? 100 : 330); /* missed: 320 */
		harness_ignore(h);
		harness_send(h, 1, 10);
		harness_ignore(h);
		inject(h, ". 41:41(0) ack 11");
		harness_advance(h, 1000);

		inject(h, "P. 41:51(10) ack 11"); /* behind a pause */

		if (i == 1)
			expect(h, ". 11:11(0) ack 51");
		expect_none(h);
		harness_free(h);
	}
}

/* -- Linux's: the sender that met congestion has few segments in flight ---------------------------------------------- */

/* As answering(), ECN negotiated, and three quick ACKs were all. */
static struct harness *
answering_ecn(void)
{
	struct harness *h = acking(1, 1);

	h->p.tcp.ecn = MIEN_ECN_ACCEPT;
	harness_listen(h, 80);
	inject(h, "SEW 0:0(0) win 65535 <mss 1460,nop,nop,sackOK>");
	inject(h, ". 1:1(0) ack 1 win 65535");
	inject_tos(h, ECT0, "P. 1:11(10) ack 1");
	harness_ignore(h);
	(void)expect_event(h, MIEN_EV_ACCEPT);
	harness_send(h, 1, 10);
	harness_ignore(h);
	inject_tos(h, ECT0, "P. 11:21(10) ack 11");
	harness_advance(h, 39);
	expect_none(h);
	harness_send(h, 11, 10);
	harness_ignore(h);
	return h;
}

static void
a_mark_makes_two_acks_quick(void)
{
	struct harness *h = answering_ecn();

	inject_tos(h, CE, "P. 21:31(10) ack 21");
	expect(h, ".E 21:21(0) ack 31");
	inject_tos(h, ECT0, "P. 31:41(10) ack 21");
	expect(h, ".E 21:21(0) ack 41");

	inject_tos(h, CE, "P. 41:51(10) ack 21"); /* it was told, and no CWR came yet */

	expect_none(h);
	harness_free(h);
}

/* Where segments are ECT, one that is not was sent again (RFC 3168 6.1.5). */
static void
a_segment_sent_again_unmarked_makes_two_acks_quick(void)
{
	struct harness *h = answering_ecn();

	inject_tos(h, ECT0, "P. 31:41(10) ack 21");
	expect(h, ". 21:21(0) ack 21 <nop,nop,sack 31:41>");
	inject(h, "P. 21:31(10) ack 21");
	expect(h, ". 21:21(0) ack 41");

	inject_tos(h, ECT0, "P. 41:51(10) ack 21");
	expect(h, ". 21:21(0) ack 51");
	inject_tos(h, ECT0, "P. 51:61(10) ack 21");
	expect(h, ". 21:21(0) ack 61");
	inject_tos(h, ECT0, "P. 61:71(10) ack 21");

	expect_none(h);
	harness_free(h);
}

/* FreeBSD's rule: a quarter of the buffer, however little of the last window is used up. */
static void
windows_are_told_early(void)
{
	for (unsigned int early = 0; early < 2; early++) {
		struct harness *h = acking(0, 0);
		struct mien_tcp_rule *rule = &h->p.tcp;

		rule->rcvbuf = rule->rcvbuf_max = 20000;
		rule->window_synack.base = rule->window_synack_no_wscale.base = 20000;
		rule->delack_segments = 1;
		rule->update_early = (uint8_t)early;
		harness_open(h, "mss 1000");
		for (unsigned int i = 0; i < 6; i++)
			injectf(h, "P. %u:%u(1000) ack 1", i * 1000 + 1, i * 1000 + 1001);
		harness_ignore(h);

		harness_read(h, 1, 4000);
		expect_none(h);
		harness_read(h, 4001, 1000);

		if (early)
			expect(h, ". 1:1(0) ack 6001 win 19000");
		expect_none(h);
		harness_free(h);
	}
}

const struct test_suite acks_suite = {
	.name = "acks",
	.setup = harness_setup,
	.cases = (const struct test_case[]){
		{"an answer makes ACKs wait for the next", an_answer_makes_acks_wait_for_the_next},
		{"an ACK that had to go alone makes them quick again", an_ack_that_had_to_go_alone_makes_them_quick_again},
		{"what is sent late is no answer", what_is_sent_late_is_no_answer},
		{"a long answer is one", a_long_answer_is_one},
		{"behind a pause ACKs are quick again", behind_a_pause_acks_are_quick_again},
		{"data that came before make ACKs quick again", data_that_came_before_make_acks_quick_again},
		{"data that waited for the handshake are an answer", data_that_waited_for_the_handshake_are_an_answer},
		{"who has read all acknowledges it", who_has_read_all_acknowledges_it},
		{"a full segment that is read waits unless it was pushed", a_full_segment_that_is_read_waits_unless_it_was_pushed},
		{"an interactive reader acknowledges the second small segment",
			an_interactive_reader_acknowledges_the_second_small_segment},
		{"more than a full segment is acknowledged at once", more_than_a_full_segment_is_acknowledged_at_once},
		{"what is due leaves before the application speaks", what_is_due_leaves_before_the_application_speaks},
		{"a handshake ends before the application speaks", a_handshake_ends_before_the_application_speaks},
		{"a FIN is acknowledged before it is answered", a_fin_is_acknowledged_before_it_is_answered},
		{"the ACK of a FIN waits for the close", the_ack_of_a_fin_waits_for_the_close},
		{"nobody waits longer for a close than for an answer", nobody_waits_longer_for_a_close_than_for_an_answer},
		{"an ACK waits longer when no answer came, up to a round trip",
			an_ack_waits_longer_when_no_answer_came_up_to_a_round_trip},
		{"on a short path an ACK waits no longer", on_a_short_path_an_ack_waits_no_longer},
		{"nor where the system has one time", nor_where_the_system_has_one_time},
		{"an ACK waits as the gaps are", an_ack_waits_as_the_gaps_are},
		{"segments close together make it wait less", segments_close_together_make_it_wait_less},
		{"an ACK that is nearly due leaves with what comes", an_ack_that_is_nearly_due_leaves_with_what_comes},
		{"an answer within a longer wait is one", an_answer_within_a_longer_wait_is_one},
		{"a mark makes two ACKs quick", a_mark_makes_two_acks_quick},
		{"a segment sent again unmarked makes two ACKs quick", a_segment_sent_again_unmarked_makes_two_acks_quick},
		{"windows are told early", windows_are_told_early},
		{NULL, NULL},
	},
};
