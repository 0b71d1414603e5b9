/* SPDX-License-Identifier: BSD-3-Clause */
/* The plug-in as packetdrill uses it: loaded, its table filled, one connection made, used and closed by its calls. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "packetdrill_if.h"

#define HERE 0xc0a80002 /* 192.168.0.2 */
#define PEER 0xc6336401 /* 198.51.100.1 */
#define PORT 8080
#define PEER_PORT 40000
#define HDRS 40
#define ISS 1000

#define FIN 1
#define SYN 2
#define PSH 8
#define ACK 16

struct packet {
	uint8_t bytes[2048];
	size_t len;
};

static struct pd_calls calls;
static uint32_t iss; /* of the stack */

static void
put(uint8_t *to, uint32_t value, unsigned int bytes)
{
	while (bytes--) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static uint32_t
get(const uint8_t *from, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | *from++;
	return value;
}

static uint32_t
sum(const uint8_t *p, size_t len, uint32_t more)
{
	for (size_t i = 0; i < len; i++)
		more += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (more >> 16)
		more = (more & 0xffff) + (more >> 16);
	return more;
}

/* One segment from the peer. */
static void
give(uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	uint32_t n = (uint32_t)strlen(text);
	uint8_t *p = calloc(1, HDRS + n), *tcp = p + 20;

	REQUIRE_NOT_NULL(p);
	p[0] = 0x45;
	put(p + 2, HDRS + n, 2);
	p[8] = 64;
	p[9] = IPPROTO_TCP;
	put(p + 12, PEER, 4);
	put(p + 16, HERE, 4);
	put(p + 10, ~sum(p, 20, 0), 2);
	put(tcp, PEER_PORT, 2);
	put(tcp + 2, PORT, 2);
	put(tcp + 4, ISS + seq, 4);
	put(tcp + 8, flags & ACK ? iss + ack : 0, 4);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put(tcp + 14, 65535, 2);
	memcpy(tcp + 20, text, n);
	put(tcp + 16, ~sum(tcp, 20 + n, sum(p + 12, 8, IPPROTO_TCP + 20 + n)), 2);
	CHECK_EQ_I(calls.netdev_send(calls.u, p, HDRS + n), 0);
	free(p);
}

/* The next segment out: its flags, numbers and payload. */
static void
take(uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	struct packet p = {.len = sizeof(p.bytes)};
	long long usecs;
	const uint8_t *tcp = p.bytes + 20, *payload;

	REQUIRE_EQ_I(calls.netdev_receive(calls.u, p.bytes, &p.len, &usecs), 0);
	REQUIRE(p.len >= HDRS);
	if (flags & SYN)
		iss = get(tcp + 4, 4);
	CHECK_EQ_U(tcp[13] & 0x3f, flags);
	CHECK_EQ_U(get(tcp + 4, 4) - iss, seq);
	CHECK_EQ_U(get(tcp + 8, 4) - ISS, ack);
	CHECK_EQ_U(sum(tcp, p.len - 20, sum(p.bytes + 12, 8, (uint32_t)(IPPROTO_TCP + p.len - 20))), 0xffff);
	payload = tcp + (tcp[12] >> 4) * 4;
	REQUIRE_EQ_U(p.len - (size_t)(payload - p.bytes), strlen(text));
	CHECK(memcmp(payload, text, strlen(text)) == 0);
}

static int
load(void)
{
	void (*init)(const char *flags, struct pd_calls *to);
	void *plugin = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
	void *found = plugin ? dlsym(plugin, "packetdrill_interface_init") : NULL;

	if (!found)
		return -1;
	memcpy(&init, &found, sizeof(init));
	init("personality=linux-6;tcp.wscale=8", &calls);
	return 0;
}

static int
unload(void)
{
	calls.free(calls.u);
	return 0;
}

static int
listening(void)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = calls.socket(calls.u, AF_INET, SOCK_STREAM, IPPROTO_TCP);

	REQUIRE(fd >= 0);
	REQUIRE_EQ_I(calls.bind(calls.u, fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	REQUIRE_EQ_I(calls.listen(calls.u, fd, 1), 0);
	return fd;
}

static void
every_call_is_there(void)
{
	const void *table[sizeof(calls) / sizeof(void *)];

	memcpy(table, &calls, sizeof(calls));

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		CHECK(table[i] != NULL);
}

static void
a_connection_through_its_calls(void)
{
	int listener = listening(), fd;
	char buf[16] = "";

	give(SYN, 0, 0, "");
	take(SYN | ACK, 0, 1, "");
	give(ACK, 1, 1, "");
	fd = calls.accept(calls.u, listener, NULL, NULL);
	REQUIRE(fd >= 0);
	give(ACK | PSH, 1, 1, "hello");
	take(ACK, 1, 6, "");
	CHECK_EQ_I(calls.read(calls.u, fd, buf, sizeof(buf)), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK_EQ_I(calls.write(calls.u, fd, "world!", 6), 6);
	take(ACK | PSH, 1, 6, "world!");

	give(ACK, 6, 7, "");
	CHECK_EQ_I(calls.close(calls.u, fd), 0);
	take(FIN | ACK, 7, 6, "");
	give(FIN | ACK, 6, 8, "");
	take(ACK, 8, 7, "");
	CHECK_EQ_I(calls.close(calls.u, listener), 0);
}

/* An hour passes in no time, by the second. */
static void
time_is_virtual(void)
{
	struct timeval before, after;

	CHECK_EQ_I(calls.gettimeofday(calls.u, &before, NULL), 0);
	for (unsigned int i = 0; i < 3600; i++)
		CHECK_EQ_I(calls.usleep(calls.u, 1000000), 0);
	CHECK_EQ_I(calls.gettimeofday(calls.u, &after, NULL), 0);

	CHECK_EQ_I(after.tv_sec - before.tv_sec, 3600);
}

static const struct test_suite plugin_suite = {
	.name = "plug-in",
	.setup = load,
	.teardown = unload,
	.cases = (const struct test_case[]){
		{"every call is there", every_call_is_there},
		{"a connection is made, used and closed through its calls", a_connection_through_its_calls},
		{"time passes only when it is let to", time_is_virtual},
		{NULL, NULL},
	},
};

int
main(int argc, char **argv)
{
	static const struct test_suite *const suites[] = {&plugin_suite, NULL};

	return run_suites(argc, argv, suites);
}
