/* SPDX-License-Identifier: BSD-3-Clause */
/* What the real programs wrote, as it stands in their files. */
#include <stdio.h>
#include <string.h>

#include "nmap_report.h"
#include "p0f_report.h"
#include "suites.h"

static const char xml[] =
	"<?xml version=\"1.0\"?>\n"
	"<nmaprun scanner=\"nmap\" args=\"nmap -O\" version=\"7.93\" xmloutputversion=\"1.05\">\n"
	"<os><portused state=\"open\"/>\n"
	"<osmatch name=\"Some &quot;thing&quot;\" accuracy=\"100\" line=\"42\">\n"
	"<osclass type=\"x\"/></osmatch>\n"
	"<osmatch name=\"Another\" accuracy=\"97\" line=\"43\"></osmatch>\n"
	"<osfingerprint fingerprint=\"OS:SCAN(V=7.93%E=4%P=x86_64-pc-linux-gnu)SEQ(SP=102%GCD=1%I&#xa;"
	"OS:SR=109%TI=Z%TS=A)T2(R=N)T5(R=Y%O=%RD=0&#xa;OS:%Q=)&#xa;\"/>\n"
	"</os></nmaprun>\n";

static void
a_report_has_print_and_names(void)
{
	struct nmap_report r;
	char line[NMAP_LINE_CAP];

	REQUIRE(nmap_report_read(xml, strlen(xml), &r));
	CHECK(r.has_print);
	CHECK_EQ_I(r.release, NMAP_7_94);
	nmap_line_format(&r.print, NMAP_SEQ, line, sizeof(line));
	CHECK_STR(line, "SEQ(SP=102%GCD=1%ISR=109%TI=Z%TS=A)");
	CHECK_STR(nmap_print_get(&r.print, NMAP_T5, "Q"), "");
	CHECK_EQ_U(r.matches, 2);
	CHECK_EQ_U(r.accuracy, 100);
	CHECK_EQ_U(r.line, 42);
}

static void
every_cut_of_a_report_is_read_or_refused(void)
{
	struct nmap_report r;

	for (size_t len = 0; len < strlen(xml); len++) {
		char cut[sizeof(xml)];

		memcpy(cut, xml, len);
		nmap_report_read(cut, len, &r);
	}
	CHECK(!nmap_report_read("<nmaprun>", 9, &r));
	CHECK(!nmap_report_read("", 0, &r));
}

static void
newer_releases_are_told(void)
{
	static const char text[] = "<nmaprun version=\"7.95\"></nmaprun>";
	struct nmap_report r;

	REQUIRE(nmap_report_read(text, strlen(text), &r));
	CHECK_EQ_I(r.release, NMAP_7_95);
	CHECK(!r.has_print);
}

static void
note(void *ctx, enum nmap_line_id line, const char *name, const char *a, const char *b)
{
	char *out = ctx;

	sprintf(out + strlen(out), "%s.%s %s/%s ", nmap_line_names[line], name, a, b);
}

static void
prints_differ_in_what_timing_does_not_move(void)
{
	static const char *const a[] = {"SEQ(SP=100%GCD=1%ISR=109%TI=Z%TS=21)", "T2(R=N)", "T4(R=Y%DF=Y%W=0)"};
	static const char *const b[] = {"SEQ(SP=105%GCD=2%ISR=10F%TI=Z%TS=22)", "T2(R=N)", "T4(R=Y%DF=N%O=)"};
	struct nmap_print x = {0}, y = {0};
	char said[400] = "";

	for (unsigned i = 0; i < 3; i++) {
		REQUIRE(nmap_line_parse(&x, a[i], strlen(a[i])));
		REQUIRE(nmap_line_parse(&y, b[i], strlen(b[i])));
	}
	CHECK_EQ_U(nmap_print_compare(&x, &y, note, said), 5);
	CHECK_STR(said, "SEQ.GCD 1/2 SEQ.ISR 109/10F T4.DF Y/N T4.W 0/nothing T4.O nothing/ ");
}

static const char log_text[] =
	"[2026/01/01 00:00:00] mod=syn|cli=10.0.0.1/5|srv=10.0.0.2/80|subj=cli|os=Linux 3.x|dist=0|params=none|"
	"raw_sig=4:64+0:0:1460:mss*44,7:mss:df:0\n"
	"[2026/01/01 00:00:00] mod=mtu|cli=10.0.0.1/5|srv=10.0.0.2/80|subj=cli|link=Ethernet|raw_mtu=1500\n"
	"[2026/01/01 00:00:00] mod=syn+ack|cli=10.0.0.1/55|srv=10.0.0.2/80|subj=srv|os=no|raw_sig=x\n"
	"[2026/01/01 00:00:00] mod=syn+ack|cli=10.0.0.1/5|srv=10.0.0.2/80|subj=srv|os=???|dist=0|params=none|"
	"raw_sig=4:128+0:0:1460:8192,0:mss:df,id+:0";

static void
a_log_has_signatures_of_connections(void)
{
	struct p0f_report r;

	REQUIRE(p0f_report_find(log_text, "syn+ack", "10.0.0.1/5", "10.0.0.2/80", &r));
	CHECK_STR(r.signature, "4:128+0:0:1460:8192,0:mss:df,id+:0");
	CHECK_STR(r.label, "???");
	REQUIRE(p0f_report_find(log_text, "syn", "10.0.0.1", "10.0.0.2/80", &r));
	CHECK_STR(r.label, "Linux 3.x");
	CHECK(!p0f_report_find(log_text, "syn", "10.0.0.2", "10.0.0.2/80", &r));
	CHECK(!p0f_report_find(log_text, "syn", "10.0.0.1", "10.0.0.2/8", &r));
	CHECK(!p0f_report_find("", "syn", "10.0.0.1", "10.0.0.2/8", &r));
}

static const struct test_case cases[] = {
	{"nmap's report has a print and names", a_report_has_print_and_names},
	{"every cut of a report is read or refused", every_cut_of_a_report_is_read_or_refused},
	{"newer releases of nmap are told", newer_releases_are_told},
	{"prints differ in what timing does not move", prints_differ_in_what_timing_does_not_move},
	{"p0f's log has the signatures of a connection", a_log_has_signatures_of_connections},
	{NULL, NULL},
};
const struct test_suite report_suite = {.name = "report", .cases = cases};
