/* SPDX-License-Identifier: BSD-3-Clause */
/* Initial sequence numbers as nmap 7.93 judges them (osscan2.cc): GCD, ISR and SP of six in a row, 100 ms apart. */
#include "suites.h"

#include <math.h>

#include "tcp_harness.h"
#include "tcp_rx.h"

#define SYNS 6

static struct harness *h;

static void
before(void)
{
	h = harness_new(NULL);
}

static void
after(void)
{
	harness_free(h);
}

static uint32_t
make(uint16_t port)
{
	struct flow_key key = {.local = h->host.addr, .remote = h->peer.addr, .lport = 80, .rport = port};

	return isn_make(&h->tcp, &h->host, &h->p, &key);
}

struct judgement {
	uint32_t gcd;
	unsigned isr, sp;
};

static uint32_t
gcd(uint32_t a, uint32_t b)
{
	return b ? gcd(b, a % b) : a;
}

static unsigned
log8(double x)
{
	return x > 0 ? (unsigned)(8 * log2(x) + 0.5) : 0;
}

static struct judgement
judge(const uint32_t isn[SYNS], double gap_s)
{
	double rate[SYNS - 1], avg = 0, var = 0, div;
	struct judgement j = {0};

	for (unsigned i = 0; i < SYNS - 1; i++) {
		uint32_t d = isn[i + 1] - isn[i];

		d = d < 0 - d ? d : 0 - d;
		j.gcd = gcd(j.gcd, d);
		rate[i] = d / gap_s;
		avg += rate[i] / (SYNS - 1);
	}
	if (j.gcd == 0)
		return j;
	div = j.gcd > 9 ? j.gcd : 1;
	for (unsigned i = 0; i < SYNS - 1; i++)
		var += pow((rate[i] - avg) / div, 2) / (SYNS - 2);
	j.isr = log8(avg);
	j.sp = var <= 1 ? 0 : log8(sqrt(var));
	return j;
}

static struct judgement
scan(uint16_t first_port)
{
	uint32_t isn[SYNS];

	for (unsigned i = 0; i < SYNS; i++) {
		isn[i] = make((uint16_t)(first_port + i));
		h->env.now += 100 * HARNESS_MS;
	}
	return judge(isn, 0.1);
}

static const struct mien_isn_rule windows_10 = {.kind = MIEN_ISN_DECK, .idle_ms = 5000,
	.deck = {253220747, 1405701697, 1021521133, 637340570, 1789821520}};

static void
a_deck_is_judged_alike_in_every_scan(void)
{
	h->p.tcp.isn = windows_10;

	for (unsigned i = 0; i < 500; i++) {
		struct judgement j = scan((uint16_t)(30000 + i));

		CHECK(j.gcd >= 1 && j.gcd <= 6);
		CHECK(j.isr >= 0x105 && j.isr <= 0x10f);
		CHECK(j.sp >= 0xff && j.sp <= 0x109);
		h->env.now += i % 3 * 3000 * HARNESS_MS;
	}
}

/* As a controllogix has it. */
static const struct mien_isn_rule small_steps = {.kind = MIEN_ISN_DECK, .idle_ms = 5000,
	.deck = {60000, 90394, 75197, 45000, 105394}};

static void
a_deck_never_gives_a_number_again(void)
{
	uint32_t last;

	h->p.tcp.isn = small_steps;
	last = make(1000);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t next = make(1000);

		CHECK(next - last >= 45000 && next - last <= 105394);
		last = next;
	}
}

/* Cards as large as a scanner finds on hosts of random numbers may come round in a few connections: these do in five. */
static const struct mien_isn_rule large_steps = {.kind = MIEN_ISN_DECK, .idle_ms = 5000,
	.deck = {562770576, 1451439226, 266547692, 1155216343, 858993459}};

static unsigned
numbers_given_again(unsigned gap_ms)
{
	enum { MANY = 2000 };
	static uint32_t given[MANY];
	unsigned again = 0;

	for (unsigned i = 0; i < MANY; i++) {
		given[i] = make((uint16_t)(1000 + i));
		h->env.now += gap_ms * HARNESS_MS;
		for (unsigned k = 0; k < i; k++)
			again += given[k] == given[i];
	}
	return again;
}

static void
a_peer_that_is_no_scanner_gets_no_number_again(void)
{
	h->p.tcp.isn = large_steps;

	CHECK_EQ_U(numbers_given_again(6), 0);
	CHECK_EQ_U(numbers_given_again(100), 0);
}

/* As lexmark's: few of the ways to add and subtract them lead nowhere near a number again. */
static const struct mien_isn_rule wide_steps = {.kind = MIEN_ISN_DECK, .idle_ms = 5000,
	.deck = {1744114, 16750112, 1744115, 1744114, 1744114}};

static void
a_deck_comes_near_no_number_of_its_own(void)
{
	const struct mien_isn_rule *const rules[] = {&windows_10, &large_steps, &wide_steps};

	for (unsigned i = 0; i < 300; i++) {
		uint32_t given[65];

		h->p.tcp.isn = *rules[i % 3];
		for (unsigned n = 0; n < 65; n++) {
			given[n] = make((uint16_t)(1000 + n));
			h->env.now += 100 * HARNESS_MS;
			for (unsigned k = 0; k < n; k++)
				CHECK(given[n] - given[k] + 0x100000 > 0x200000);
		}
		h->env.now += 6000 * HARNESS_MS;
	}
}

static void
a_scan_may_be_looked_at_late(void)
{
	static const unsigned gaps[SYNS] = {100, 190, 10, 5, 195, 100}; /* when a busy host looks */
	uint32_t isn[SYNS];
	struct judgement j;

	h->p.tcp.isn = windows_10;
	for (unsigned i = 0; i < SYNS; i++) {
		isn[i] = make((uint16_t)(30000 + i));
		h->env.now += gaps[i] * HARNESS_MS;
	}
	j = judge(isn, 0.1);

	CHECK(j.isr >= 0x105 && j.isr <= 0x10f);
	CHECK(j.sp >= 0xff && j.sp <= 0x109);
}

static void
an_idle_peer_begins_with_rfc_6528(void)
{
	uint32_t plain, first;

	plain = make(1000);
	h->p.tcp.isn = windows_10;
	first = make(1000);
	(void)make(1001);
	h->env.now += 5001 * HARNESS_MS;

	CHECK_EQ_U(first, plain);
	h->p.tcp.isn.kind = MIEN_ISN_RFC6528;
	plain = make(1002);
	h->p.tcp.isn = windows_10;
	CHECK_EQ_U(make(1002), plain);
}

static void
peers_do_not_share_a_deck(void)
{
	uint32_t a[2], b[2];

	h->p.tcp.isn = windows_10;
	a[0] = make(1000);
	h->peer.addr = mien_addr_ip4(0x0a000003);
	b[0] = make(1000);
	h->peer.addr = mien_addr_ip4(0x0a000002);
	a[1] = make(1001);
	h->peer.addr = mien_addr_ip4(0x0a000003);
	b[1] = make(1001);

	CHECK(a[1] != a[0]);
	CHECK(b[0] - a[0] != b[1] - a[1] || b[0] != a[0]);
	CHECK(a[0] != b[0]);
}

static bool
is_card(uint32_t step)
{
	for (unsigned i = 0; i < 5; i++)
		if (step == windows_10.deck[i] || step == 0 - windows_10.deck[i])
			return true;
	return false;
}

static void
many_hosts_keep_their_decks(void)
{
	enum { MANY = 16384 };
	const struct tcp_limits limits = {.max_conns = 16, .max_time_wait = 16, .max_listeners = 1, .max_hosts = 65536,
		.max_reassembly_bytes = 1 << 20, .sndbuf = 1 << 20};
	struct harness *many = harness_with_limits(NULL, &limits);
	const struct flow_key key = {.local = many->host.addr, .remote = many->peer.addr, .lport = 80, .rport = 1000};
	uint32_t *first = calloc(MANY, sizeof(*first)), kept = 0;

	/* given a scanner that asks each of many hosts in turn, and comes again */
	REQUIRE_NOT_NULL(first);
	many->p.tcp.isn = windows_10;
	for (uint32_t i = 0; i < MANY; i++) {
		many->host.index = i;
		first[i] = isn_make(&many->tcp, &many->host, &many->p, &key);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		many->host.index = i;
		kept += is_card(isn_make(&many->tcp, &many->host, &many->p, &key) - first[i]);
	}

	/* then next to all of them go on where they were */
	CHECK(kept > MANY / 100 * 99);
	free(first);
	harness_free(many);
}

static void
a_reboot_forgets_the_decks(void)
{
	uint32_t before_boot, after_boot;

	h->p.tcp.isn = windows_10;
	(void)make(1000);
	before_boot = make(1001);
	h->host.epoch++;
	h->host.key.k0++;
	after_boot = make(1002);

	CHECK(!is_card(after_boot - before_boot));
}

static void
more_peers_than_the_table_holds_are_served(void)
{
	h->p.tcp.isn = windows_10;

	for (unsigned i = 0; i < 20000; i++) {
		h->peer.addr = mien_addr_ip4(0x0b000000 + i);
		(void)make(1000);
		h->env.now += HARNESS_MS / 100;
	}

	h->peer.addr = mien_addr_ip4(0x0a000002);
	CHECK(scan(2000).isr >= 0x105);
}

static void
a_deck_may_have_fewer_cards(void)
{
	uint32_t isn[7];

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_DECK, .idle_ms = 5000, .cards = 3, .deck = {10, 200, 3000}};

	for (unsigned i = 0; i < 7; i++)
		isn[i] = make((uint16_t)(1000 + i));

	for (unsigned i = 0; i < 3; i++) {
		uint32_t first = isn[i + 1] - isn[i], later = isn[i + 4] - isn[i + 3];

		CHECK(first == later || first == 0 - later);
	}
}

static void
a_timed_deck_goes_on_with_the_time(void)
{
	uint32_t a, b;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_DECK, .idle_ms = 5000, .cards = 1, .timed = 1,
		.deck = {100000}};
	a = make(1000);
	h->env.now += 130 * HARNESS_MS;
	b = make(1001);

	CHECK(b - a == 130000 || a - b == 130000);
	h->env.now += 3000 * HARNESS_MS;
	a = make(1002);
	CHECK(b - a == 100000 || a - b == 100000);
}

static void
a_deck_can_begin_anew_from_a_number(void)
{
	struct flow_key key = {.local = h->host.addr, .remote = h->peer.addr, .lport = 80, .rport = 1000};
	uint32_t next;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_DECK, .idle_ms = 5000, .cards = 1, .deck = {77}};

	CHECK_EQ_U(isn_restart(&h->tcp, &h->host, &h->p, &key, 1000), 1000);
	next = make(1001);

	CHECK(next == 1077 || next == 923);
}

static void
a_step_shows_itself_as_gcd(void)
{
	struct judgement j;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_STEP, .value = 64000};

	j = scan(1000);

	CHECK_EQ_U(j.gcd, 64000);
	CHECK_EQ_U(j.sp, 0);
	CHECK_EQ_X(j.isr, 0x9a);
}

static void
a_constant_is_judged_zero(void)
{
	struct judgement j;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST, .value = 4711};

	j = scan(1000);

	CHECK_EQ_U(j.gcd + j.isr + j.sp, 0);
}

static void
a_clock_runs_at_its_rate(void)
{
	struct judgement j;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CLOCK, .value = 250000};

	j = scan(1000);

	CHECK_EQ_U(j.gcd, 25000);
	CHECK_EQ_U(j.isr, log8(250000));
}

static void
rfc_6528_counts_four_microseconds_for_one_tuple(void)
{
	uint32_t first = make(1000);

	h->env.now += 1000 * HARNESS_MS;

	CHECK_EQ_U(make(1000) - first, 250000);
	CHECK(make(1001) - first > 1000000 || first - make(1001) > 1000000);
}

/* Every bit of random ISNs is set about half of the time. */
static void
random_numbers_use_all_32_bits(void)
{
	unsigned ones[32] = {0};

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_RANDOM};
	for (unsigned i = 0; i < 4096; i++) {
		uint32_t isn = make(1000);

		for (unsigned bit = 0; bit < 32; bit++)
			ones[bit] += isn >> bit & 1;
	}

	for (unsigned bit = 0; bit < 32; bit++)
		CHECK(ones[bit] > 1848 && ones[bit] < 2248);
}

/* Chi-square of 256 cells; 255 degrees of freedom exceed 350 once in ten thousand times. */
static double
chi_square(const unsigned cells[256], unsigned total)
{
	double expected = total / 256.0, sum = 0;

	for (unsigned i = 0; i < 256; i++)
		sum += (cells[i] - expected) * (cells[i] - expected) / expected;
	return sum;
}

/* RFC 6528 3: from numbers of some tuples nothing follows for another, however near. */
static void
tuples_tell_nothing_of_each_other(void)
{
	static const unsigned shift[] = {0, 8, 16, 24};
	unsigned total = 60000;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_RFC6528};
	for (unsigned i = 0; i < sizeof(shift) / sizeof(shift[0]); i++) {
		unsigned value[256] = {0}, step[256] = {0};
		uint32_t last = make(1023);

		for (unsigned port = 1024; port < 1024 + total; port++) {
			uint32_t isn = make((uint16_t)port);

			value[isn >> shift[i] & 255]++;
			step[(isn - last) >> shift[i] & 255]++;
			last = isn;
		}

		CHECK(chi_square(value, total) < 350);
		CHECK(chi_square(step, total) < 350);
	}
}

/* The same of peers, and of hosts whose keys differ in one bit. */
static void
peers_and_keys_tell_nothing_of_each_other(void)
{
	unsigned by_peer[256] = {0}, by_key[256] = {0}, total = 50000;
	uint32_t first;

	h->p.tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_RFC6528};
	first = make(1000);
	for (unsigned i = 0; i < total; i++) {
		h->peer.addr = mien_addr_ip4(0x0a000000 + i);
		by_peer[(make(1000) - first) >> 24]++;
		h->host.key.k0 += 1;
		by_key[(make(1000) - first) >> 16 & 255]++;
	}

	CHECK(chi_square(by_peer, total) < 350);
	CHECK(chi_square(by_key, total) < 350);
}

const struct test_suite isn_suite = {
	.name = "isn",
	.setup = harness_setup,
	.before = before,
	.after = after,
	.cases = (const struct test_case[]){
		{"a deck is judged alike in every scan", a_deck_is_judged_alike_in_every_scan},
		{"a deck of small steps never gives a number again", a_deck_never_gives_a_number_again},
		{"a peer that is no scanner gets no number again", a_peer_that_is_no_scanner_gets_no_number_again},
		{"a deck of large steps comes near no number of its own", a_deck_comes_near_no_number_of_its_own},
		{"a scan may be looked at late", a_scan_may_be_looked_at_late},
		{"an idle peer begins with RFC 6528", an_idle_peer_begins_with_rfc_6528},
		{"peers do not share a deck", peers_do_not_share_a_deck},
		{"thousands of hosts that are scanned together keep their decks", many_hosts_keep_their_decks},
		{"a reboot forgets the decks", a_reboot_forgets_the_decks},
		{"more peers than the table holds are served", more_peers_than_the_table_holds_are_served},
		{"a deck may have fewer cards", a_deck_may_have_fewer_cards},
		{"a timed deck goes on with the time", a_timed_deck_goes_on_with_the_time},
		{"a deck can begin anew from a number", a_deck_can_begin_anew_from_a_number},
		{"a step shows itself as GCD", a_step_shows_itself_as_gcd},
		{"a constant is judged zero", a_constant_is_judged_zero},
		{"a clock runs at its rate", a_clock_runs_at_its_rate},
		/* proves MUST-8 SHLD-1 ISN-1 */
		{"RFC 6528 counts four microseconds for one tuple", rfc_6528_counts_four_microseconds_for_one_tuple},
		/* proves ISN-1 MUST-9 SHLD-1 */
		{"numbers of some tuples tell nothing of another's", tuples_tell_nothing_of_each_other},
		/* proves ISN-1 MUST-9 */
		{"nor do those of peers and keys", peers_and_keys_tell_nothing_of_each_other},
		{"random numbers use all 32 bits", random_numbers_use_all_32_bits},
		{NULL, NULL},
	},
};
