/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An echo server in a program of your own, in the two ways mien can be embedded.
 *
 *	cc echo.c $(pkg-config --cflags --libs mien) -o echo
 *	./echo frames          frames passed in and out by the program: no port, no root, no clock
 *	./echo port tap:echo0  on any DPDK port; Ctrl-C ends it
 *	./echo self net_ring0  on a port that returns what it is sent: a client in the same process tries the server
 *
 * run: frames
 * run: self net_ring0
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mien/driver.h>
#include <mien/mien.h>
#include <mien/profile.h>

#define PORT 7

static const char hello[] = "hello, mien";

static void
must(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "echo: %s: %s\n", what, mien_strerror(result));
	exit(1);
}

/* The application: what came goes back; what does not fit now stays unread, which closes the window. */
static void
echo(struct mien_stack *st, uint64_t now, uint64_t conn)
{
	struct mien_piece piece;

	while (mien_tcp_peek(st, conn, &piece, 1) == 1) {
		int64_t sent = mien_tcp_send(st, now, conn, piece.data, piece.len);

		if (sent <= 0)
			return;
		must(mien_tcp_consume(st, now, conn, (uint32_t)sent), "consume");
	}
}

static void
server_event(struct mien_stack *st, uint64_t now, const struct mien_event *ev)
{
	if (ev->type == MIEN_EV_READABLE || ev->type == MIEN_EV_WRITABLE)
		echo(st, now, ev->object);
	if (ev->type == MIEN_EV_PEER_CLOSED)
		must(mien_tcp_close(st, now, ev->object), "close");
}

static uint64_t
add_host(struct mien_stack *st, uint64_t now, uint32_t address, const struct mien_personality *p)
{
	const struct mien_host_config config = {.addr = mien_addr_ip4(address), .prefix_len = 24, .personality = p};
	uint64_t host;

	must(mien_host_add(st, now, &config, &host), "host");
	return host;
}

static void
listen_on(struct mien_stack *st, uint32_t address)
{
	const struct mien_tcp_listen config = {.addr = mien_addr_ip4(address), .port = PORT};
	uint64_t listener;

	must(mien_tcp_listen(st, &config, &listener), "listen");
}

static struct mien_profile *
wear(const char *name)
{
	struct mien_profile *profile;
	struct mien_error error;

	if (mien_profile_load(name, &profile, &error) == MIEN_OK)
		return profile;
	fprintf(stderr, "echo: %s\n", error.text);
	exit(1);
}

/* The first way: a client of a few hand-made frames. */

#define SERVER 0x0a4d0002u /* 10.77.0.2 */
#define CLIENT 0x0a4d0001u

static const uint8_t server_mac[6] = {2, 0, 0, 0, 0, 2}, client_mac[6] = {2, 0, 0, 0, 0, 1};

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
checksum(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Ethernet, IPv4, TCP without options, text behind them; gives the frame's length. */
static uint32_t
segment(uint8_t *frame, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	uint8_t *ip = frame + 14, *tcp = ip + 20;
	uint32_t len = (uint32_t)strlen(text);

	memset(frame, 0, 54);
	memcpy(frame, server_mac, 6);
	memcpy(frame + 6, client_mac, 6);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 40 + len);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, CLIENT);
	put32(ip + 16, SERVER);
	put16(ip + 10, checksum(ip, 20, 0));
	put16(tcp, 40000);
	put16(tcp + 2, PORT);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put16(tcp + 14, 65535);
	memcpy(tcp + 20, text, len);
	put16(tcp + 16, checksum(tcp, 20 + len, (CLIENT >> 16) + (CLIENT & 0xffff) + (SERVER >> 16) + (SERVER & 0xffff) +
		6 + 20 + len));
	return 54 + len;
}

/* Frame in, the application's turn, first frame with `flags` out; its length. */
static int
exchange(struct mien_stack *st, struct rte_mempool *pool, uint64_t now, uint8_t *frame, uint32_t len, uint8_t flags)
{
	struct mien_event ev;
	int out;

	must(mien_frame_in(st, now, pool, frame, len), "frame in");
	while (mien_stack_events(st, &ev, 1) == 1)
		server_event(st, now, &ev);
	while ((out = mien_frame_out(st, now, frame, 2048)) > 0)
		if (out >= 54 && (frame[14 + 20 + 13] & flags) == flags)
			return out;
	fprintf(stderr, "echo: no answer with flags %#x\n", flags);
	exit(1);
}

static int
frames(void)
{
	struct mien_profile *profile = wear("linux-6");
	const struct mien_addr client = mien_addr_ip4(CLIENT);
	struct mien_stack_config config;
	struct mien_error error;
	struct mien_stack *st;
	uint64_t now = 1000000000;
	uint8_t frame[2048];
	uint32_t iss;
	int len;

	mien_stack_config_init(&config);
	config.now = now;
	memcpy(config.mac, server_mac, 6);
	if (mien_pool_create(NULL, &config.pool, &config.indirect_pool, &error) != MIEN_OK) {
		fprintf(stderr, "echo: %s\n", error.text);
		return 1;
	}
	must(mien_stack_create(&config, &st), "stack");
	add_host(st, now, SERVER, mien_profile_personality(profile));
	must(mien_stack_add_neighbour(st, &client, client_mac), "neighbour");
	listen_on(st, SERVER);

	exchange(st, config.pool, now, frame, segment(frame, 0x02, 1000, 0, ""), 0x12);
	iss = get32(frame + 14 + 20 + 4);
	printf("SYN in, SYN-ACK out, sequence number %u\n", iss);
	now += 1000000;
	must(mien_frame_in(st, now, config.pool, frame, segment(frame, 0x10, 1001, iss + 1, "")), "frame in");
	len = exchange(st, config.pool, now, frame, segment(frame, 0x18, 1001, iss + 1, hello), 0x10);
	while (len == 54) /* an acknowledgment alone */
		len = mien_frame_out(st, now, frame, sizeof(frame));
	if (len != 54 + (int)strlen(hello) || memcmp(frame + 54, hello, strlen(hello)) != 0) {
		fprintf(stderr, "echo: %d bytes came back, not the text\n", len);
		return 1;
	}
	printf("\"%s\" in, the same out\n", hello);
	mien_stack_destroy(st);
	mien_pool_free(config.indirect_pool);
	mien_pool_free(config.pool);
	mien_profile_unref(profile);
	mien_eal_stop();
	return 0;
}

/* The second way: a DPDK port and a loop. */

struct app {
	struct mien_loop *loop;
	uint64_t client; /* connection; 0: there is none */
	size_t got;
	bool good;
};

static struct mien_loop *running;

static void
on_signal(int number)
{
	(void)number;
	mien_loop_stop(running);
}

/* The client of "self": sends the text, wants it back, closes. */
static void
client_event(struct app *a, struct mien_stack *st, uint64_t now, const struct mien_event *ev)
{
	char back[sizeof(hello)];
	int64_t n;

	switch (ev->type) {
	case MIEN_EV_CONNECTED:
		must((int)mien_tcp_send(st, now, a->client, hello, strlen(hello)), "send");
		break;
	case MIEN_EV_READABLE:
		while ((n = mien_tcp_recv(st, now, a->client, back, sizeof(back))) > 0) {
			a->good = a->got + (size_t)n <= strlen(hello) && memcmp(back, hello + a->got, (size_t)n) == 0;
			a->got += (size_t)n;
		}
		if (a->got >= strlen(hello))
			must(mien_tcp_close(st, now, a->client), "close");
		break;
	case MIEN_EV_CLOSED:
		printf("%zu bytes came back, %s\n", a->got, a->good ? "the same" : "not the same");
		mien_loop_stop(a->loop);
		break;
	default:
		break;
	}
}

static void
on_events(void *ctx, struct mien_stack *st, uint64_t now, const struct mien_event *events, unsigned n)
{
	struct app *a = ctx;

	for (unsigned i = 0; i < n; i++) {
		if (a->client != 0 && events[i].object == a->client)
			client_event(a, st, now, &events[i]);
		else
			server_event(st, now, &events[i]);
	}
}

/* Too long for a client that speaks to itself. */
static void
on_timeout(void *ctx, uint64_t now)
{
	(void)now;
	fprintf(stderr, "echo: nothing came back\n");
	mien_loop_stop(((struct app *)ctx)->loop);
}

static void
start_client(struct app *a, struct mien_stack *st, uint64_t now, const struct mien_personality *p)
{
	const struct mien_tcp_connect config = {.local = mien_addr_ip4(CLIENT), .remote = mien_addr_ip4(SERVER),
		.remote_port = PORT};
	uint64_t timer;

	add_host(st, now, CLIENT, p);
	must(mien_tcp_connect(st, now, &config, &a->client), "connect");
	must(mien_loop_add_timer(a->loop, now + 5000000000u, on_timeout, a, &timer), "timer");
}

static int
port(const char *spec, bool self)
{
	const struct mien_port_config port_config = {.spec = spec};
	struct mien_profile *profile = wear("windows-11");
	struct app a = {.good = !self};
	const struct mien_app app = {.events = on_events, .ctx = &a};
	struct mien_stack_config config;
	struct mien_error error;
	struct mien_stack *st;
	struct mien_port *p;

	if (mien_eal_start(NULL, &error) != MIEN_OK || mien_port_open(&port_config, &p, &error) != MIEN_OK ||
		mien_loop_create(NULL, &a.loop, &error) != MIEN_OK) {
		fprintf(stderr, "echo: %s\n", error.text);
		return 1;
	}
	mien_stack_config_init(&config);
	mien_port_configure_stack(p, &config);
	must(mien_stack_create(&config, &st), "stack");
	must(mien_loop_attach(a.loop, st, p, &app), "attach");
	add_host(st, config.now, SERVER, mien_profile_personality(profile));
	listen_on(st, SERVER);
	if (self)
		start_client(&a, st, config.now, mien_profile_personality(profile));
	else
		printf("10.77.0.2 echoes at port %d of %s\n", PORT, spec);
	running = a.loop;
	signal(SIGINT, on_signal);
	must(mien_loop_run(a.loop), "run");
	mien_loop_destroy(a.loop);
	mien_stack_destroy(st);
	mien_port_close(p);
	mien_profile_unref(profile);
	mien_eal_stop();
	return a.good ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "frames") == 0)
		return frames();
	if (argc == 3 && (strcmp(argv[1], "port") == 0 || strcmp(argv[1], "self") == 0))
		return port(argv[2], argv[1][0] == 's');
	fprintf(stderr, "usage: echo frames | port SPEC | self SPEC\n");
	return 2;
}
