/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "fake_stack.h"
#include "pcap_port.h"
#include "suites.h"
#include "temp.h"

#define T0 1700000000000000000ull
#define MS 1000000ull

static const uint8_t arp_request[42] = "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x08\x06"
				       "\x00\x01\x08\x00\x06\x04\x00\x01\x02\0\0\0\0\x01\x0a\x4d\0\x01"
				       "\0\0\0\0\0\0\x0a\x4d\0\x02";

static struct mien_error error;
static struct mien_stack st;
static char *in_path, *out_path;

static void
before(void)
{
	struct mien_capture *c = NULL;

	in_path = temp_path("in.pcap");
	out_path = temp_path("out.pcapng");
	REQUIRE_EQ_I(mien_capture_create(in_path, &c, &error), 0);
	for (uint64_t i = 0; i < 3; i++)
		CHECK_EQ_I(mien_capture_write(c, T0 + i * 10 * MS, arp_request, sizeof(arp_request)), 0);
	CHECK_EQ_I(mien_capture_close(c), 0);
	fake_stack_init(&st);
}

static void
after(void)
{
	fake_stack_fini(&st);
	temp_remove(in_path);
	temp_remove(out_path);
}

/* Runs st over the capture; gives what the run gave. */
static int
run(uint64_t linger)
{
	const struct mien_loop_config loop_config = {.linger_ns = linger};
	struct mien_port_config config = {.mbufs = 256};
	struct mien_loop *loop = NULL;
	struct mien_port *port = NULL;
	char spec[600];
	int rc;

	snprintf(spec, sizeof(spec), "pcap:%s,%s", in_path, out_path);
	config.spec = spec;
	REQUIRE_EQ_I(mien_port_open(&config, &port, &error), 0);
	CHECK(mien_port_info(port)->virtual_time);
	CHECK_EQ_U(mien_port_now(port), T0);
	REQUIRE_EQ_I(mien_loop_create(&loop_config, &loop, &error), 0);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, NULL), 0);
	rc = mien_loop_run(loop);
	mien_loop_destroy(loop);
	CHECK_EQ_U(mien_pool_in_use(mien_port_pool(port)), 0);
	mien_port_close(port);
	return rc;
}

static void
answers(void)
{
	struct capture_reader *r = NULL;
	struct capture_frame f;

	REQUIRE_EQ_I(run(0), 0);

	REQUIRE_EQ_U(st.received_count, 3);
	REQUIRE_EQ_I(capture_open(out_path, &r, &error), 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ_U(st.received[i], T0 + i * 10 * MS);
		REQUIRE_EQ_I(capture_next(r, &f, &error), 1);
		CHECK_EQ_U(f.ns, T0 + i * 10 * MS);
		CHECK_EQ_U(f.data[21], 2); /* a reply */
	}
	CHECK_EQ_I(capture_next(r, &f, &error), 0);
	capture_close(r);
}

static void
deadlines(void)
{
	st.deadline = T0 + 5 * MS;
	st.period = 8 * MS;

	REQUIRE_EQ_I(run(20 * MS), 0);

	static const uint64_t want[] = {5, 13, 21, 29, 37};
	REQUIRE_EQ_U(st.advanced_count, 5);
	for (unsigned i = 0; i < 5; i++)
		CHECK_EQ_U(st.advanced[i], T0 + want[i] * MS);
}

static void
same_again(void)
{
	unsigned char *first, *second;
	size_t first_len, second_len;

	REQUIRE_EQ_I(run(0), 0);
	first = temp_read(out_path, &first_len);
	REQUIRE_EQ_I(run(0), 0);
	second = temp_read(out_path, &second_len);

	CHECK(first_len > 3 * 42);
	CHECK_EQ_U(first_len, second_len);
	CHECK_MEM(first, second, first_len);
	free(first);
	free(second);
}

static void
stuck(void)
{
	/* A deadline that stays due for ever must not hang the run. */
	st.deadline = 1;
	st.period = 0;

	CHECK_EQ_I(run(0), 0);
}

static void
malformed(void)
{
	unsigned char *data;
	size_t len;

	data = temp_read(in_path, &len);
	temp_write(in_path, data, len - 5);
	free(data);

	CHECK_EQ_I(run(0), MIEN_EPARSE);
	CHECK_EQ_U(st.received_count, 2);
}

static void
empty(void)
{
	static const uint8_t header[24] = "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0";
	struct mien_port_config config = {.mbufs = 256};
	struct mien_port *port = NULL;
	struct rte_mbuf *m;
	char spec[600];

	temp_write(in_path, header, sizeof(header));
	snprintf(spec, sizeof(spec), "pcap:%s", in_path);
	config.spec = spec;
	REQUIRE_EQ_I(mien_port_open(&config, &port, &error), 0);

	CHECK_EQ_U(mien_port_rx(port, &m, 1), 0);
	CHECK_EQ_U(pcap_port_next(port), MIEN_NEVER);
	mien_port_close(port);
}

static const struct test_case cases[] = {
	{"a stack hears packets at their stamps and answers at the same time", answers},
	{"deadlines run between packets and until the linger time is over", deadlines},
	{"the same capture gives the same bytes again", same_again},
	{"a deadline in the past does not hang the run", stuck},
	{"a malformed capture ends the run with its error", malformed},
	{"a capture without packets is no error", empty},
	{NULL, NULL},
};
const struct test_suite pcap_port_suite = {
	.name = "pcap_port", .cases = cases, .before = before, .after = after};
