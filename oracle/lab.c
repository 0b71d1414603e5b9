/* SPDX-License-Identifier: BSD-3-Clause */
#include "lab.h"

#include <string.h>

#include <mien/driver.h>
#include <mien/host.h>
#include <mien/tcp.h>

/* The host's first seconds, before anybody looks. */
#define LAB_START (5 * LAB_SECOND)
/* Deadlines in a row without time moving on: more means that something is due and never done. */
#define STUCK_TURNS 10000u

const uint8_t lab_host_mac[6] = {2, 0x6d, 0x69, 0x65, 0x6e, 2};
const uint8_t lab_observer_mac[6] = {2, 0x6d, 0x69, 0x65, 0x6e, 1};

static void
note_error(struct lab *lab, int err)
{
	if (err < 0 && lab->err == MIEN_OK)
		lab->err = err;
}

/* splitmix64 */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static int
make_stack(struct lab *lab, uint64_t seed)
{
	struct mien_stack_config config;

	mien_stack_config_init(&config);
	config.seed = next_random(&seed);
	for (size_t i = 0; i < sizeof(config.secret); i += 8) {
		uint64_t n = next_random(&seed);

		memcpy(config.secret + i, &n, 8);
	}
	config.now = lab->now;
	config.pool = lab->pool;
	config.max_conns = 128;
	config.max_time_wait = 16;
	config.max_hosts = 1;
	config.max_listeners = 4;
	config.max_udp = 4;
	config.max_neighbours = 16;
	config.max_fragments = 4;
	config.max_fragment_bytes = 1 << 16;
	config.tx_offloads = MIEN_OFFLOAD_MULTI_SEGS;
	memcpy(config.mac, lab_host_mac, 6);
	return mien_stack_create(&config, &lab->st);
}

static int
add_host(struct lab *lab, const struct mien_personality *p)
{
	const struct mien_host_config host = {
		.addr = mien_addr_ip4(LAB_HOST), .prefix_len = 24, .personality = p};
	const struct mien_tcp_listen listen = {.port = LAB_OPEN};
	const struct mien_addr observer = mien_addr_ip4(LAB_OBSERVER);
	uint64_t listener;
	int err = mien_host_add(lab->st, lab->now, &host, &lab->host);

	if (err == MIEN_OK)
		err = mien_stack_add_neighbour(lab->st, &observer, lab_observer_mac);
	if (err == MIEN_OK)
		err = mien_tcp_listen(lab->st, &listen, &listener);
	return err;
}

int
lab_open(struct lab *lab, struct rte_mempool *pool, const struct mien_personality *p, uint64_t seed)
{
	int err;

	*lab = (struct lab){.pool = pool, .now = LAB_SECOND};
	err = make_stack(lab, seed);
	if (err != MIEN_OK)
		return err;
	err = add_host(lab, p);
	if (err == MIEN_OK)
		lab_until(lab, lab->now + LAB_START);
	if (err == MIEN_OK)
		err = lab->err;
	if (err != MIEN_OK)
		lab_close(lab);
	return err;
}

void
lab_close(struct lab *lab)
{
	mien_stack_destroy(lab->st);
	lab->st = NULL;
}

/* What comes out, and what that brings about; the observer's answers are taken in by the same loop. */
static void
turn(struct lab *lab)
{
	uint8_t frame[2048];
	struct mien_event events[8];
	int len;

	if (lab->turning)
		return;
	lab->turning = true;
	mien_stack_advance(lab->st, lab->now);
	while ((len = mien_frame_out(lab->st, lab->now, frame, sizeof(frame))) != 0) {
		note_error(lab, len);
		if (len > 0 && lab->heard)
			lab->heard(lab->ctx, lab->now, frame, (uint32_t)len);
	}
	while (mien_stack_events(lab->st, events, 8) > 0)
		;
	lab->turning = false;
}

void
lab_send(struct lab *lab, const uint8_t *frame, size_t len)
{
	note_error(lab, mien_frame_in(lab->st, lab->now, lab->pool, frame, (uint32_t)len));
	turn(lab);
}

void
lab_until(struct lab *lab, uint64_t then)
{
	unsigned stuck = 0;

	for (;;) {
		uint64_t due = mien_stack_deadline(lab->st);

		if (due == MIEN_NEVER || due > then)
			break;
		stuck = due > lab->now ? 0 : stuck + 1;
		if (stuck > STUCK_TURNS) {
			note_error(lab, MIEN_ESTATE);
			return;
		}
		if (due > lab->now)
			lab->now = due;
		turn(lab);
	}
	if (then > lab->now)
		lab->now = then;
	turn(lab);
}

void
lab_connect(struct lab *lab, uint16_t port)
{
	const struct mien_tcp_connect config = {.local = mien_addr_ip4(LAB_HOST),
		.remote = mien_addr_ip4(LAB_OBSERVER),
		.remote_port = port};
	uint64_t conn;

	note_error(lab, mien_tcp_connect(lab->st, lab->now, &config, &conn));
	turn(lab);
}

bool
lab_is_quiet(const struct lab *lab)
{
	return mien_stack_deadline(lab->st) == MIEN_NEVER;
}
