/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "suites.h"
#include "temp.h"

static struct mien_error error;

static void
write_three(const char *path)
{
	struct mien_capture *c = NULL;
	uint8_t frame[1600];

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)i;
	REQUIRE_EQ_I(mien_capture_create(path, &c, &error), 0);
	CHECK_EQ_I(mien_capture_write(c, 1700000000123456789u, frame, 60), 0);
	CHECK_EQ_I(mien_capture_write(c, 1700000000123456790u, frame, 61), 0);
	CHECK_EQ_I(mien_capture_write(c, 1700000001000000000u, frame, 1600), 0);
	CHECK_EQ_I(mien_capture_close(c), 0);
}

static void
check_three(const char *path)
{
	static const struct {
		uint64_t ns;
		uint32_t len;
	} want[] = {{1700000000123456789u, 60}, {1700000000123456790u, 61}, {1700000001000000000u, 1600}};
	struct capture_reader *r = NULL;
	struct capture_frame f;
	uint64_t done, size;

	REQUIRE_EQ_I(capture_open(path, &r, &error), 0);
	for (unsigned i = 0; i < 3; i++) {
		REQUIRE_EQ_I(capture_next(r, &f, &error), 1);
		CHECK_EQ_U(f.ns, want[i].ns);
		CHECK_EQ_U(f.len, want[i].len);
		CHECK_EQ_U(f.wire_len, want[i].len);
		CHECK_EQ_U(f.number, i + 1);
		CHECK_EQ_U(f.data[want[i].len - 1], (want[i].len - 1) & 0xff);
	}
	CHECK_EQ_I(capture_next(r, &f, &error), 0);
	capture_progress(r, &done, &size);
	CHECK_EQ_U(done, size);
	capture_close(r);
}

static void
both_formats(void)
{
	static const char *const names[] = {"a.pcapng", "a.pcap"};

	for (int i = 0; i < 2; i++) {
		char *path = temp_path(names[i]);

		write_three(path);
		check_three(path);
		temp_remove(path);
	}
}

static void
same_bytes(void)
{
	char *one = temp_path("1.pcapng"), *two = temp_path("2.pcapng");
	unsigned char *a, *b;
	size_t a_len, b_len;

	write_three(one);
	write_three(two);
	a = temp_read(one, &a_len);
	b = temp_read(two, &b_len);

	CHECK_EQ_U(a_len, b_len);
	CHECK_EQ_U(a_len, 28 + 32 + 3 * 32 + 60 + 64 + 1600);
	CHECK_MEM(a, b, a_len);
	free(a);
	free(b);
	temp_remove(one);
	temp_remove(two);
}

static void
cut_short(void)
{
	char *path = temp_path("cut.pcapng");
	struct capture_reader *r = NULL;
	struct capture_frame f;
	unsigned char *data;
	size_t len;

	write_three(path);
	data = temp_read(path, &len);
	temp_write(path, data, len - 100);
	REQUIRE_EQ_I(capture_open(path, &r, &error), 0);
	CHECK_EQ_I(capture_next(r, &f, &error), 1);
	CHECK_EQ_I(capture_next(r, &f, &error), 1);
	int rc = capture_next(r, &f, &error);

	CHECK_EQ_I(rc, MIEN_EPARSE);
	CHECK_STR(error.file, path);
	CHECK(strstr(error.text, "packet 3, at byte 248: ") == error.text);
	CHECK_EQ_I(mien_driver_exit_status(&error), 6);
	capture_close(r);
	free(data);
	temp_remove(path);
}

static void
not_captures(void)
{
	static const struct {
		const char *content, *told;
		size_t len;
	} rows[] = {
		{"", "pcap or pcapng", 0},
		{"hello, world, this is text", "pcap or pcapng", 26},
		{"\x1f\x8b\x08\x00 compressed", "gunzip", 15},
		{"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x69\0\0\0", "IEEE802_11", 24},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = temp_path("x.pcap");
		struct capture_reader *r = NULL;

		temp_write(path, rows[i].content, rows[i].len);
		CHECK_EQ_I(capture_open(path, &r, &error), MIEN_EPARSE);
		if (strstr(error.text, rows[i].told) == NULL)
			FAIL("row %u said: %s", (unsigned)i, error.text);
		temp_remove(path);
	}
}

static void
absent(void)
{
	struct capture_reader *r = NULL;
	struct mien_capture *c = NULL;

	CHECK_EQ_I(capture_open("/nonexistent/in.pcap", &r, &error), MIEN_ENOENT);
	CHECK_STR(error.file, "/nonexistent/in.pcap");
	CHECK_EQ_I(mien_capture_create("/nonexistent/out.pcap", &c, &error), MIEN_ENOENT);
	CHECK_EQ_I(capture_open("/tmp", &r, &error), MIEN_EIO);
}

static void
full_disk(void)
{
	struct mien_capture *c = NULL;

	if (mien_capture_create("/dev/full", &c, &error) != 0)
		return;
	CHECK_EQ_I(mien_capture_close(c), MIEN_EIO);
}

static void
raw_ip(void)
{
	/* pcap, DLT_RAW (12 as LINKTYPE 101), one packet of 20 bytes that was 21 on the wire. */
	static const uint8_t file[] = "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x65\0\0\0"
				      "\x01\0\0\0\x02\0\0\0\x14\0\0\0\x15\0\0\0"
				      "\x45\0\0\x15\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02";
	char *path = temp_path("raw.pcap");
	struct capture_reader *r = NULL;
	struct capture_frame f;

	temp_write(path, file, sizeof(file) - 1);
	REQUIRE_EQ_I(capture_open(path, &r, &error), 0);
	REQUIRE_EQ_I(capture_next(r, &f, &error), 1);

	CHECK_EQ_U(f.ns, 1000002000u);
	CHECK_EQ_U(f.len, 34);
	CHECK_EQ_U(f.wire_len, 35);
	CHECK_MEM(f.data + 12, "\x08\x00\x45\x00", 4);
	capture_close(r);
	temp_remove(path);
}

static const struct test_case cases[] = {
	{"what is written in pcapng and in pcap reads back to the nanosecond", both_formats},
	{"equal frames give equal files", same_bytes},
	{"a file cut short is told with packet number and offset", cut_short},
	{"what is no capture is told with what was expected", not_captures},
	{"a file that is not there is told by name", absent},
	{"a full disk is told at the close", full_disk},
	{"raw IP is read with an Ethernet header in front", raw_ip},
	{NULL, NULL},
};
const struct test_suite capture_file_suite = {.name = "capture_file", .cases = cases};
