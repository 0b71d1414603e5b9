/* SPDX-License-Identifier: BSD-3-Clause */
/* The built-in profiles: what a scanner's probes and a SYN's receiver see of each. */
#include "observe.h"
#include "suites.h"

#include <stdio.h>
#include <string.h>

struct seen {
	const char *name;
	const char *syn; /* window, MSS and options of a SYN on Ethernet */
	const char *print;
};

static const struct seen profiles[] = {
	{"windows-11", "FAF0 M5B4NW8NNS",
		"OPS(O1=M5B4NW8ST11%O2=M5B4NW8ST11%O3=M5B4NW8NNT11%O4=M5B4NW8ST11%O5=M5B4NW8ST11%"
		"O6=M5B4ST11)\n"
		"WIN(W1=FFFF%W2=FFFF%W3=FFFF%W4=FFFF%W5=FFFF%W6=FFDC)\n"
		"ECN(R=Y%DF=Y%T=80%W=FFFF%O=M5B4NW8NNS%CC=N%Q=)\n"
		"T1(R=Y%DF=Y%T=80%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=Y%DF=Y%T=80%W=0%S=Z%A=S%F=AR%O=%RD=0%Q=)\n"
		"T3(R=Y%DF=Y%T=80%W=0%S=Z%A=O%F=AR%O=%RD=0%Q=)\n"
		"T4(R=Y%DF=Y%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=Y%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=Y%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=80%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=N%T=80%CD=Z)\n"},
	{"windows-10", "FAF0 M5B4NW8NNS",
		"OPS(O1=M5B4NW8NNS%O2=M5B4NW8NNS%O3=M5B4NW8%O4=M5B4NW8NNS%O5=M5B4NW8NNS%O6=M5B4NNS)"
		"\n"
		"WIN(W1=FFFF%W2=FFFF%W3=FFFF%W4=FFFF%W5=FFFF%W6=FF70)\n"
		"ECN(R=Y%DF=Y%T=80%W=FFFF%O=M5B4NW8NNS%CC=N%Q=)\n"
		"T1(R=Y%DF=Y%T=80%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=Y%DF=Y%T=80%W=0%S=Z%A=S%F=AR%O=%RD=0%Q=)\n"
		"T3(R=Y%DF=Y%T=80%W=0%S=Z%A=O%F=AR%O=%RD=0%Q=)\n"
		"T4(R=Y%DF=Y%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=Y%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=Y%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=80%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=N%T=80%CD=Z)\n"},
	{"windows-7", "2000 M5B4NW8NNS",
		"OPS(O1=M5B4NW8ST11%O2=M5B4NW8ST11%O3=M5B4NW8NNT11%O4=M5B4NW8ST11%O5=M5B4NW8ST11%"
		"O6=M5B4ST11)\n"
		"WIN(W1=2000%W2=2000%W3=2000%W4=2000%W5=2000%W6=2000)\n"
		"ECN(R=Y%DF=Y%T=80%W=2000%O=M5B4NW8NNS%CC=N%Q=)\n"
		"T1(R=Y%DF=Y%T=80%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=Y%DF=Y%T=80%W=0%S=Z%A=S%F=AR%O=%RD=0%Q=)\n"
		"T3(R=Y%DF=Y%T=80%W=0%S=Z%A=O%F=AR%O=%RD=0%Q=)\n"
		"T4(R=Y%DF=Y%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=Y%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=Y%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=80%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=N%T=80%CD=Z)\n"},
	{"windows-xp", "FFFF M5B4NNS",
		"OPS(O1=M5B4NW0NNT00NNS%O2=M5B4NW0NNT00NNS%O3=M5B4NW0NNT00%O4=M5B4NW0NNT00NNS%O5="
		"M5B4NW0NNT00NNS%O6=M5B4NNT00NNS)\n"
		"WIN(W1=FFFF%W2=FFFF%W3=FFFF%W4=FFFF%W5=FFFF%W6=FFFF)\n"
		"ECN(R=Y%DF=Y%T=80%W=FFFF%O=M5B4NW0NNS%CC=N%Q=)\n"
		"T1(R=Y%DF=Y%T=80%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=Y%DF=N%T=80%W=0%S=Z%A=S%F=AR%O=%RD=0%Q=)\n"
		"T3(R=Y%DF=Y%T=80%W=FFFF%S=O%A=S+%F=AS%O=M5B4NW0NNT00NNS%RD=0%Q=)\n"
		"T4(R=Y%DF=N%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=N%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=N%T=80%W=0%S=A%A=O%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=N%T=80%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=80%IPL=B0%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=S%T=80%CD=Z)\n"},
	{"linux-6", "FAF0 M5B4ST11NW7",
		"OPS(O1=M5B4ST11NW7%O2=M5B4ST11NW7%O3=M5B4NNT11NW7%O4=M5B4ST11NW7%O5=M5B4ST11NW7%"
		"O6=M5B4ST11)\n"
		"WIN(W1=FE88%W2=FE88%W3=FE88%W4=FE88%W5=FE88%W6=FE88)\n"
		"ECN(R=Y%DF=Y%T=40%W=FAF0%O=M5B4NNSNW7%CC=Y%Q=)\n"
		"T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=N)\n"
		"T3(R=N)\n"
		"T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=N%T=40%CD=S)\n"},
	{"linux-2.6", "16D0 M5B4ST11NW7",
		"OPS(O1=M5B4ST11NW7%O2=M5B4ST11NW7%O3=M5B4NNT11NW7%O4=M5B4ST11NW7%O5=M5B4ST11NW7%"
		"O6=M5B4ST11)\n"
		"WIN(W1=16A0%W2=16A0%W3=16A0%W4=16A0%W5=16A0%W6=16A0)\n"
		"ECN(R=Y%DF=Y%T=40%W=16D0%O=M5B4NNSNW7%CC=N%Q=)\n"
		"T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=N)\n"
		"T3(R=Y%DF=Y%T=40%W=16A0%S=O%A=S+%F=AS%O=M5B4ST11NW7%RD=0%Q=)\n"
		"T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=N%T=40%CD=S)\n"},
	{"freebsd-14", "FFFF M5B4NW6ST11",
		"OPS(O1=M5B4NW6ST11%O2=M5B4NW6ST11%O3=M5B4NW6NNT11%O4=M5B4NW6ST11%O5=M5B4NW6ST11%"
		"O6=M5B4ST11)\n"
		"WIN(W1=FFFF%W2=FFFF%W3=FFFF%W4=FFFF%W5=FFFF%W6=FFFF)\n"
		"ECN(R=Y%DF=Y%T=40%W=FFFF%O=M5B4NW6SLL%CC=Y%Q=)\n"
		"T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=N)\n"
		"T3(R=Y%DF=Y%T=40%W=FFFF%S=O%A=S+%F=AS%O=M5B4NW6ST11%RD=0%Q=)\n"
		"T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=S%T=40%CD=S)\n"},
	{"macos", "FFFF M5B4NW6NNT11SLL",
		"OPS(O1=M5B4NW6NNT11SLL%O2=M5B4NW6NNT11SLL%O3=M5B4NW6NNT11%O4=M5B4NW6NNT11SLL%O5="
		"M5B4NW6NNT11SLL%O6=M5B4NNT11SLL)\n"
		"WIN(W1=FFFF%W2=FFFF%W3=FFFF%W4=FFFF%W5=FFFF%W6=FFFF)\n"
		"ECN(R=Y%DF=Y%T=40%W=FFFF%O=M5B4NW6SLL%CC=Y%Q=)\n"
		"T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=N)\n"
		"T3(R=N)\n"
		"T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=N%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=N%T=40%W=0%S=Z%A=S%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=40%IPL=38%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=0%RUD=G)\n"
		"IE(R=Y%DFI=S%T=40%CD=S)\n"},
	{"openbsd", "4000 M5B4NNSNW3NNT11",
		"OPS(O1=M5B4NNSNW3NNT11%O2=M5B4NNSNW3NNT11%O3=M5B4NW3NNT11%O4=M5B4NNSNW3NNT11%O5="
		"M5B4NNSNW3NNT11%O6=M5B4NNSNNT11)\n"
		"WIN(W1=4000%W2=4000%W3=4000%W4=4000%W5=4000%W6=4000)\n"
		"ECN(R=Y%DF=Y%T=40%W=4000%O=M5B4NNSNW3%CC=N%Q=)\n"
		"T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=N)\n"
		"T3(R=N)\n"
		"T4(R=Y%DF=Y%T=40%W=0%S=A%A=S%F=AR%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=Y%T=40%W=0%S=A%A=S%F=AR%O=%RD=0%Q=)\n"
		"T7(R=N)\n"
		"U1(R=Y%DF=N%T=FF%IPL=38%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=S%T=FF%CD=S)\n"},
	{"hp-jetdirect", "5B4 M5B4NW0NNT11",
		"OPS(O1=M5B4NW0NNT11%O2=M5B4NW0NNT11%O3=M5B4NW0NNT11%O4=M5B4NW0NNT11%O5="
		"M5B4NW0NNT11%O6=M5B4NNT11)\n"
		"WIN(W1=5B4%W2=5B4%W3=5B4%W4=5B4%W5=5B4%W6=5B4)\n"
		"ECN(R=Y%DF=Y%T=40%W=5B4%O=M5B4NW0%CC=N%Q=)\n"
		"T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=N)\n"
		"T3(R=Y%DF=Y%T=40%W=5B4%S=O%A=S+%F=AS%O=M5B4NW0NNT11%RD=0%Q=)\n"
		"T4(R=Y%DF=N%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=N%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=N%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=N%T=40%W=0%S=Z%A=S%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=40%IPL=70%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=0%RUD=G)\n"
		"IE(R=Y%DFI=S%T=40%CD=S)\n"},
	{"cisco-ios", "1020 M5B4",
		"OPS(O1=M5B4%O2=M578%O3=M280%O4=M218%O5=M218%O6=M109)\n"
		"WIN(W1=1020%W2=1020%W3=1020%W4=1020%W5=1020%W6=1020)\n"
		"ECN(R=Y%DF=N%T=100%W=1020%O=M5B4%CC=N%Q=)\n"
		"T1(R=Y%DF=N%T=100%S=O%A=S+%F=AS%RD=0%Q=)\n"
		"T2(R=N)\n"
		"T3(R=N)\n"
		"T4(R=Y%DF=N%T=100%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T5(R=Y%DF=N%T=100%W=0%S=A%A=S+%F=AR%O=%RD=0%Q=)\n"
		"T6(R=Y%DF=N%T=100%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)\n"
		"T7(R=Y%DF=N%T=100%W=0%S=A%A=S%F=AR%O=%RD=0%Q=)\n"
		"U1(R=Y%DF=N%T=100%IPL=38%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)\n"
		"IE(R=Y%DFI=S%T=100%CD=S)\n"},
};

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static void
profiles_are_seen_as_their_system(void)
{
	for (size_t i = 0; i < PROFILES; i++) {
		struct mien_profile *p = builtin_profile(profiles[i].name);
		char print[4096];

		observe_print(mien_profile_personality(p), print, sizeof(print));

		CHECK_STR(print, profiles[i].print);
		mien_profile_unref(p);
	}
}

/* Window of a SYN at an own MSS. */
static unsigned int
syn_window(const struct mien_personality *p, unsigned int mss)
{
	const struct mien_window_rule *r = &p->tcp.window_syn;

	return r->kind == MIEN_WINDOW_FLOOR ? r->base / mss * mss
	       : r->kind == MIEN_WINDOW_MUL ? r->base * mss
					    : r->base;
}

static void
syns_are_those_of_their_system(void)
{
	for (size_t i = 0; i < PROFILES; i++) {
		struct mien_profile *p = builtin_profile(profiles[i].name);
		const struct mien_personality *b = mien_profile_personality(p);
		char options[64], syn[96];

		observe_options(b, &b->syn, 1460, options, sizeof(options));
		snprintf(syn, sizeof(syn), "%X %s", syn_window(b, 1460), options);

		CHECK_STR(syn, profiles[i].syn);
		mien_profile_unref(p);
	}
}

/* Real hosts' SYNs, at the MSS they were caught with: the counts of hosts stand in the profiles. */
static const struct caught {
	const char *name;
	unsigned int mss, window;
	const char *options;
} caught[] = {
	{"linux-2.4", 1460, 5840, "M5B4ST11NW0"},
	{"linux-2.6", 1460, 5840, "M5B4ST11NW7"},
	{"linux-3", 1460, 14600, "M5B4ST11NW7"},
	{"linux-3", 1400, 14000, "M578ST11NW7"},
	{"linux-4", 1460, 29200, "M5B4ST11NW7"},
	{"linux-4", 1360, 27200, "M550ST11NW7"},
	{"linux-5", 1460, 64240, "M5B4ST11NW7"},
	{"linux-5", 8960, 62720, "M2300ST11NW7"},
	{"linux-5", 65495, 65495, "MFFD7ST11NW7"},
	{"linux-6", 1460, 64240, "M5B4ST11NW7"},
	{"android-5", 1460, 65535, "M5B4ST11NW8"},
	{"android-13", 1460, 65535, "M5B4ST11NW9"},
	{"android-13", 9960, 65535, "M26E8ST11NW9"},
	{"macos-10.6", 1460, 65535, "M5B4NW3NNT11SLL"},
	{"macos-10.9", 1460, 65535, "M5B4NW4NNT11SLL"},
	{"macos-10.12", 1460, 65535, "M5B4NW5NNT11SLL"},
	{"macos", 16344, 65535, "M3FD8NW6NNT11SLL"},
	{"macos-12", 1460, 65535, "M5B4NW6NNT11SLL"},
	{"ios-15", 1360, 65535, "M550NW5NNT11SLL"},
	{"windows-2000", 1460, 16384, "M5B4NNS"},
	{"windows-xp", 1460, 65535, "M5B4NNS"},
	{"windows-xp", 1406, 65535, "M57ENNS"},
	{"windows-7", 1360, 8192, "M550NW8NNS"},
	{"windows-8.1", 1460, 8192, "M5B4NW8NNS"},
	{"windows-10-1607", 1398, 8192, "M576NW8NNS"},
	{"windows-10", 1460, 64240, "M5B4NW8NNS"},
	{"windows-10-noautotune", 1460, 64240, "M5B4NNS"},
	{"windows-11", 1380, 64860, "M564NW8NNS"},
	{"windows-server-2022", 8961, 62727, "M2301NW8NNS"},
};

static void
syns_are_those_caught_from_real_hosts(void)
{
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		const struct caught *c = &caught[i];
		struct mien_profile *p = builtin_profile(c->name);
		const struct mien_personality *b = mien_profile_personality(p);
		unsigned int window = syn_window(b, c->mss);
		char options[64], syn[96], want[96];

		observe_options(b, &b->syn, c->mss, options, sizeof(options));
		snprintf(syn, sizeof(syn), "%s %u %s", c->name, window < 65535 ? window : 65535, options);
		snprintf(want, sizeof(want), "%s %u %s", c->name, c->window, c->options);

		CHECK_STR(syn, want);
		mien_profile_unref(p);
	}
}

static void
syn_windows_follow_the_mss(void)
{
	struct mien_profile *linux_6 = builtin_profile("linux-6"),
			    *windows = builtin_profile("windows-11");

	CHECK_EQ_U(syn_window(mien_profile_personality(linux_6), 1460), 64240);
	CHECK_EQ_U(syn_window(mien_profile_personality(linux_6), 65495), 65495);
	CHECK_EQ_U(syn_window(mien_profile_personality(windows), 1380), 64860);
	CHECK_EQ_U(syn_window(mien_profile_personality(windows), 8961), 62727);
	mien_profile_unref(linux_6);
	mien_profile_unref(windows);
}

static void
every_builtin_is_valid(void)
{
	struct mien_profile_info info, before = {.name = ""};
	size_t i;

	for (i = 0; mien_profile_builtin(i, &info); i++) {
		struct mien_profile *p = builtin_profile(info.name);
		const char *why = NULL, *what, *source;

		CHECK_EQ_I(mien_personality_validate(mien_profile_personality(p), &why), 0);
		CHECK_NULL(why);
		CHECK_STR(mien_profile_name(p), info.name);
		CHECK_STR(mien_profile_title(p), info.title);
		CHECK_EQ_U(mien_profile_is_abstract(p), info.abstract);
		CHECK_STR(mien_profile_parent(p), info.parent);
		CHECK_STR(mien_profile_file(p), "");
		CHECK(mien_profile_evidence(p, 0, &what, &source));
		CHECK(info.abstract || mien_profile_expect(p, "nmap-ops") != NULL);
		CHECK(strcmp(before.name, info.name) < 0);
		before = info;
		mien_profile_unref(p);
	}
	CHECK(i >= PROFILES);
}

/* An ISN deck that starts over only for peers that stay away. */
static void
decks_forget_idle_peers(void)
{
	for (size_t i = 0; i < PROFILES; i++) {
		struct mien_profile *p = builtin_profile(profiles[i].name);
		const struct mien_isn_rule *isn = &mien_profile_personality(p)->tcp.isn;

		CHECK_EQ_U(isn->kind, MIEN_ISN_DECK);
		CHECK_EQ_U(isn->idle_ms, 5000);
		mien_profile_unref(p);
	}
}

static enum mien_origin
origin_of(const struct mien_profile *p, const char *key)
{
	struct mien_knob_value v;
	char text[64];

	for (size_t i = 0; mien_profile_knob(p, i, &v, text, sizeof(text)); i++)
		if (strcmp(v.key, key) == 0)
			return v.origin;
	return MIEN_ORIGIN_DEFAULT;
}

static void
overlaps_are_settled_as_the_system_does(void)
{
	struct mien_profile_info info;

	for (size_t i = 0; mien_profile_builtin(i, &info); i++) {
		struct mien_profile *p = builtin_profile(info.name);

		if (!info.abstract && (origin_of(p, "tcp.overlap") == MIEN_ORIGIN_DEFAULT ||
					      origin_of(p, "reassembly.overlap") == MIEN_ORIGIN_DEFAULT))
			FAIL("%s does not say whose bytes count where fragments or segments overlap", info.name);
		mien_profile_unref(p);
	}
}

static const struct test_case cases[] = {
	{"every built-in profile loads, is valid and brings evidence", every_builtin_is_valid},
	{"every profile answers a scanner's probes as its system does",
		profiles_are_seen_as_their_system},
	{"every profile's SYN is its system's", syns_are_those_of_their_system},
	{"SYNs are those that captures have of real hosts", syns_are_those_caught_from_real_hosts},
	{"windows of SYNs follow the link's MSS", syn_windows_follow_the_mss},
	{"every profile says whose bytes count in overlaps", overlaps_are_settled_as_the_system_does},
	{"every deck forgets a peer that was idle for five seconds", decks_forget_idle_peers},
	{NULL, NULL},
};

const struct test_suite profiles_suite = {"profiles", NULL, NULL, cases, NULL, NULL};
