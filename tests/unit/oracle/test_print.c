/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines from answers made by hand, and lines as text. */
#include <string.h>

#include "nmap_print.h"
#include "octets.h"
#include "suites.h"

static void
check_options(const char *want, enum nmap_release release, uint8_t len, const uint8_t *opts)
{
	struct observed o = {.kind = OBSERVED_TCP, .opt_len = len};
	char got[NMAP_VALUE_MAX];

	memcpy(o.opts, opts, len);
	nmap_options_format(&o, release, got);
	CHECK_STR(got, want);
}
#define OPTIONS(want, release, ...)                                                                                    \
	check_options(want, release, (uint8_t)sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[]){__VA_ARGS__})

static void
options_become_letters(void)
{
	OPTIONS("M5B4NW7ST11", NMAP_7_95, 2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1);
	OPTIONS("NNT01", NMAP_7_95, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 1);
	OPTIONS("NNT10", NMAP_7_95, 1, 1, 8, 10, 9, 0, 0, 0, 0, 0, 0, 0);
	OPTIONS("WAL", NMAP_7_95, 3, 3, 10, 0);
	OPTIONS("M5B4LLNL", NMAP_7_95, 2, 4, 5, 0xb4, 0, 0, 1, 0); /* read on behind EOL */
	check_options("", NMAP_7_95, 0, (const uint8_t *)"");
}

static void
unreadable_options_are_none(void)
{
	OPTIONS("", NMAP_7_95, 1, 1, 1, 2);
	OPTIONS("", NMAP_7_95, 2, 3, 5, 1);
	OPTIONS("", NMAP_7_95, 2, 4, 5);
	OPTIONS("", NMAP_7_95, 8, 10, 0, 0, 0, 0, 0, 0);
}

static void
unknown_options_are_skipped_by_new_releases(void)
{
	OPTIONS("NM5B4", NMAP_7_95, 1, 77, 3, 1, 2, 4, 5, 0xb4);
	OPTIONS("NNM5B4", NMAP_7_94, 1, 77, 77, 1, 2, 4, 5, 0xb4);
}

/* Answers of a host that does all by the book, seen one hop away. */
static void
scan_a_host(struct nmap_scan *scan)
{
	memset(scan, 0, sizeof(*scan));
	for (unsigned i = 0; i < NMAP_PROBES; i++) {
		struct nmap_sent *sent = &scan->sent[i];
		struct observed *o = &scan->reply[i];

		*sent = (struct nmap_sent){.at = i * 100000000ull, .seq = 0x1000 + i, .ack = 0x2000, .ttl = 60, .times = 1};
		*o = (struct observed){.kind = OBSERVED_TCP, .ttl = 64, .df = true, .ip_id = (uint16_t)(i + 1)};
		scan->answered[i] = true;
		if (i <= NMAP_S6) {
			o->flags = FLAG_SYN | FLAG_ACK;
			o->seq = 0x5000 + i * 64000;
			o->ack = sent->seq + 1;
			o->window = (uint16_t)(0x4000 + i);
		} else {
			o->flags = FLAG_RST;
			o->seq = sent->ack;
		}
	}
	scan->reply[NMAP_PROBE_ECN].flags = FLAG_SYN | FLAG_ACK | FLAG_ECE;
	for (unsigned i = NMAP_PROBE_IE1; i <= NMAP_PROBE_IE2; i++)
		scan->reply[i].kind = OBSERVED_ICMP;
	scan->reply[NMAP_PROBE_IE1].code = 9;
	scan->reply[NMAP_PROBE_IE2].df = false;
	scan->reply[NMAP_PROBE_U1] = (struct observed){.kind = OBSERVED_ICMP, .ttl = 64, .type = 3, .code = 3, .ip_len = 56,
		.quote_len = 28};
	scan->sent[NMAP_PROBE_U1].ip_id = 0x1042;
	octets_put16(scan->reply[NMAP_PROBE_U1].quote + 2, 328);
	octets_put16(scan->reply[NMAP_PROBE_U1].quote + 4, 0x1042);
	scan->reply[NMAP_PROBE_U1].quote[8] = 60;
}

static struct nmap_print
print_of(const struct nmap_scan *scan)
{
	struct nmap_print p;

	nmap_print_make(scan, NMAP_7_95, &p);
	return p;
}

static void
check_line(const struct nmap_print *p, enum nmap_line_id id, const char *want)
{
	char got[NMAP_LINE_CAP];

	nmap_line_format(p, id, got, sizeof(got));
	CHECK_STR(got, want);
}

static void
a_host_by_the_book_has_all_lines(void)
{
	struct nmap_scan scan;
	struct nmap_print p;

	scan_a_host(&scan);
	p = print_of(&scan);

	check_line(&p, NMAP_SEQ, "SEQ(SP=0%GCD=FA00%ISR=9A%TI=I%CI=I%II=I%SS=S%TS=U)");
	check_line(&p, NMAP_OPS, "OPS(O1=%O2=%O3=%O4=%O5=%O6=)");
	check_line(&p, NMAP_WIN, "WIN(W1=4000%W2=4001%W3=4002%W4=4003%W5=4004%W6=4005)");
	check_line(&p, NMAP_ECN, "ECN(R=Y%DF=Y%T=40%W=0%O=%CC=Y%Q=)");
	check_line(&p, NMAP_T1, "T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)");
	check_line(&p, NMAP_T4, "T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)");
	check_line(&p, NMAP_U1, "U1(R=Y%DF=N%T=40%IPL=38%UN=0%RIPL=G%RID=G%RIPCK=Z%RUCK=G%RUD=G)");
	check_line(&p, NMAP_IE, "IE(R=Y%DFI=S%T=40%CD=S)");
}

static void
without_an_error_the_distance_is_not_known(void)
{
	struct nmap_scan scan;
	struct nmap_print p;

	scan_a_host(&scan);
	scan.answered[NMAP_PROBE_U1] = false;
	scan.reply[NMAP_PROBE_T4].ttl = 120;
	p = print_of(&scan);

	check_line(&p, NMAP_U1, "U1(R=N)");
	CHECK_NULL(nmap_print_get(&p, NMAP_T1, "T"));
	CHECK_STR(nmap_print_get(&p, NMAP_T1, "TG"), "40");
	CHECK_STR(nmap_print_get(&p, NMAP_T4, "TG"), "80");
}

static void
a_quote_with_another_ttl_moves_all(void)
{
	struct nmap_scan scan;
	struct nmap_print p;

	scan_a_host(&scan);
	scan.reply[NMAP_PROBE_U1].quote[8] = 59;
	for (unsigned i = 0; i < NMAP_PROBES; i++)
		scan.reply[i].ttl = 255;
	p = print_of(&scan);
	CHECK_STR(nmap_print_get(&p, NMAP_T1, "T"), "100");

	scan.reply[NMAP_PROBE_U1].quote[8] = 255;
	scan.reply[NMAP_PROBE_T4].ttl = 60;
	p = print_of(&scan);
	CHECK_STR(nmap_print_get(&p, NMAP_T4, "T"), "FF79");
}

static void
silence_is_told(void)
{
	struct nmap_scan scan;
	struct nmap_print p;

	scan_a_host(&scan);
	scan.answered[NMAP_S1 + 2] = scan.answered[NMAP_O1 + 2] = false;
	scan.answered[NMAP_PROBE_T7] = scan.answered[NMAP_PROBE_ECN] = scan.answered[NMAP_PROBE_IE2] = false;
	p = print_of(&scan);

	CHECK_EQ_U(p.line[NMAP_OPS].n, 0);
	CHECK_EQ_U(p.line[NMAP_WIN].n, 0);
	check_line(&p, NMAP_T7, "T7(R=N)");
	check_line(&p, NMAP_ECN, "ECN(R=N)");
	check_line(&p, NMAP_IE, "IE(R=N)");
	CHECK_STR(nmap_print_get(&p, NMAP_SEQ, "GCD"), "FA00"); /* the gap is closed up */
}

static void
a_repeated_syn_fills_a_gap_but_for_its_number(void)
{
	struct nmap_scan scan;
	struct nmap_print p;

	scan_a_host(&scan);
	scan.answered[NMAP_S1 + 5] = false;
	scan.reply[NMAP_O1 + 5].window = 0x777;
	p = print_of(&scan);

	CHECK_STR(nmap_print_get(&p, NMAP_WIN, "W6"), "777");
	CHECK_STR(nmap_print_get(&p, NMAP_WIN, "W5"), "4004");
}

static void
the_same_id_again_is_a_copy(void)
{
	struct nmap_scan scan;
	struct nmap_print p;

	scan_a_host(&scan);
	for (unsigned i = 0; i <= NMAP_S6; i++)
		scan.reply[i].ip_id = 1;
	p = print_of(&scan);

	CHECK_NULL(nmap_print_get(&p, NMAP_SEQ, "GCD"));
	CHECK_NULL(nmap_print_get(&p, NMAP_SEQ, "TI"));
	CHECK_STR(nmap_print_get(&p, NMAP_SEQ, "TS"), "U"); /* one is enough to say so */
	CHECK_STR(nmap_print_get(&p, NMAP_SEQ, "CI"), "I");
}

static void
numbers_are_compared_with_the_probes(void)
{
	struct nmap_scan scan;
	struct nmap_print p;

	scan_a_host(&scan);
	scan.reply[NMAP_PROBE_T2].seq = 0;
	scan.reply[NMAP_PROBE_T2].ack = scan.sent[NMAP_PROBE_T2].seq;
	scan.reply[NMAP_PROBE_T3].seq = scan.sent[NMAP_PROBE_T3].ack + 1;
	scan.reply[NMAP_PROBE_T3].ack = 5;
	scan.reply[NMAP_PROBE_T3].flags = FLAG_ECE | FLAG_CWR | FLAG_URG | FLAG_ACK | FLAG_PSH | FLAG_RST | FLAG_SYN | FLAG_FIN;
	scan.reply[NMAP_PROBE_T4].reserved = 8;
	scan.reply[NMAP_PROBE_T4].urgent = 1;
	scan.reply[NMAP_PROBE_T5].data_len = 11;
	scan.reply[NMAP_PROBE_T5].data_crc = 0x0d1ab510;
	p = print_of(&scan);

	CHECK_STR(nmap_print_get(&p, NMAP_T2, "S"), "Z");
	CHECK_STR(nmap_print_get(&p, NMAP_T2, "A"), "S");
	CHECK_STR(nmap_print_get(&p, NMAP_T3, "S"), "A+");
	CHECK_STR(nmap_print_get(&p, NMAP_T3, "A"), "O");
	CHECK_STR(nmap_print_get(&p, NMAP_T3, "F"), "EUAPRSF");
	CHECK_STR(nmap_print_get(&p, NMAP_T4, "Q"), "RU");
	CHECK_STR(nmap_print_get(&p, NMAP_T5, "RD"), "D1AB510");
	nmap_print_make(&scan, NMAP_7_94, &p);
	CHECK_STR(nmap_print_get(&p, NMAP_T5, "RD"), "0D1AB510");
}

static void
an_altered_quote_is_told(void)
{
	struct nmap_scan scan;
	struct nmap_print p;
	struct observed *o = &scan.reply[NMAP_PROBE_U1];

	scan_a_host(&scan);
	octets_put16(o->quote + 2, 0x4801);
	octets_put16(o->quote + 4, 0x4210);
	octets_put16(o->quote + 10, 0x1234);
	octets_put16(o->quote + 26, 0xffff);
	o->quote_len = 40;
	memset(o->quote + 28, 'C', 12);
	o->quote[39] = 'X';
	o->rest = 0xbaba0080;
	p = print_of(&scan);
	check_line(&p, NMAP_U1, "U1(R=Y%DF=N%T=40%IPL=38%UN=BABA0080%RIPL=4801%RID=4210%RIPCK=I%RUCK=FFFF%RUD=I)");
	nmap_print_make(&scan, NMAP_7_94, &p);
	CHECK_STR(nmap_print_get(&p, NMAP_U1, "UN"), "80");
}

static void
lines_are_read_as_they_are_written(void)
{
	static const char text[] = "T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)";
	struct nmap_print p = {0};

	CHECK(nmap_line_parse(&p, text, strlen(text)));
	check_line(&p, NMAP_T4, text);
	CHECK(!nmap_line_parse(&p, "T9(R=Y)", 7));
	CHECK(!nmap_line_parse(&p, "T4(R=Y", 6));
	CHECK(!nmap_line_parse(&p, "T4(R)", 5));
	CHECK(!nmap_line_parse(&p, "T4", 2));
	CHECK(!nmap_line_parse(&p, "T4(TOOLONG=1)", 13));
}

static const struct test_case cases[] = {
	{"options become letters", options_become_letters},
	{"options that cannot be read are none", unreadable_options_are_none},
	{"unknown options are skipped by new releases", unknown_options_are_skipped_by_new_releases},
	{"a host by the book has all lines", a_host_by_the_book_has_all_lines},
	{"without an ICMP error the distance is not known", without_an_error_the_distance_is_not_known},
	{"a quote with another TTL moves every TTL", a_quote_with_another_ttl_moves_all},
	{"silence is told", silence_is_told},
	{"a repeated SYN fills a gap but for its sequence number", a_repeated_syn_fills_a_gap_but_for_its_number},
	{"a SYN-ACK with the last one's ID is a copy", the_same_id_again_is_a_copy},
	{"numbers are compared with the probe's", numbers_are_compared_with_the_probes},
	{"an altered quote is told", an_altered_quote_is_told},
	{"lines are read as they are written", lines_are_read_as_they_are_written},
	{NULL, NULL},
};
const struct test_suite print_suite = {.name = "print", .cases = cases};
