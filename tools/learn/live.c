/* SPDX-License-Identifier: BSD-3-Clause */
/* The prober on a port. */
#include <string.h>
#include <time.h>

#include <rte_mbuf.h>

#include <mien/driver.h>

#include "run.h"

#define BURST 32
#define FRAME_MAX 2048
#define IDLE_NS 50000
#define LINK_MS 3000

static void
hear(struct prober *p, struct rte_mbuf *m)
{
	uint8_t copy[FRAME_MAX];
	uint32_t len = rte_pktmbuf_pkt_len(m) < sizeof(copy) ? rte_pktmbuf_pkt_len(m) : sizeof(copy);
	const uint8_t *frame = rte_pktmbuf_read(m, 0, len, copy);

	if (frame)
		prober_hear(p, mien_clock_now(), frame, len);
	rte_pktmbuf_free(m);
}

/* All that is due. A frame without an mbuf is as one that got lost. */
static void
say(struct prober *p, struct mien_port *port)
{
	uint8_t frame[FRAME_CAP];
	size_t len;

	while (mien_port_tx_room(port) && (len = prober_say(p, mien_clock_now(), frame)) > 0) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(mien_port_pool(port));
		char *to = m ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

		if (to) {
			memcpy(to, frame, len);
			mien_port_tx(port, &m, 1);
		} else {
			rte_pktmbuf_free(m);
		}
	}
}

static void
converse(struct prober *p, struct mien_port *port, const volatile sig_atomic_t *stop)
{
	const struct timespec idle = {.tv_nsec = IDLE_NS};
	struct rte_mbuf *burst[BURST];
	struct progress progress;
	uint64_t done = 0, total = 0, now;

	prober_progress(p, mien_clock_now(), &done, &total);
	progress_begin(&progress, "learn", "s", total);
	while (!*stop && prober_state(p) == PROBER_BUSY) {
		uint16_t n = mien_port_rx(port, burst, BURST);

		for (uint16_t i = 0; i < n; i++)
			hear(p, burst[i]);
		say(p, port);
		now = mien_clock_now();
		prober_progress(p, now, &done, &total);
		progress.total = total;
		progress_step(&progress, done);
		if (n == 0 && prober_deadline(p) > now + IDLE_NS)
			nanosleep(&idle, NULL);
	}
	progress_end(&progress, done);
	while (mien_port_tx_room(port) == 0 && !*stop)
		nanosleep(&idle, NULL);
}

static struct prober_config
config_of(const struct learn_options *o, const struct mien_port *port)
{
	uint32_t mask = o->prefix_len ? UINT32_MAX << (32 - o->prefix_len) : 0;
	struct prober_config c = {.addr = o->addresses[0],
		.other = o->n_addresses > 1 ? o->addresses[1] : 0,
		.target = o->target,
		.hop = o->target,
		.open = o->open,
		.closed = o->closed,
		.closed_udp = o->udp,
		.seed = o->has_seed ? o->seed : mien_clock_wall(mien_clock_now()) * 0x9e3779b97f4a7c15u,
		.wait_ns = o->wait_s * 1000000000u};

	if (o->gateway && (o->target & mask) != (o->addresses[0] & mask))
		c.hop = o->gateway;
	memcpy(c.mac, o->has_mac ? o->mac : mien_port_info(port)->mac, 6);
	return c;
}

static int
ask(const struct learn_options *o, struct mien_port *port, struct learnt *out, const volatile sig_atomic_t *stop)
{
	const struct prober_config c = config_of(o, port);
	struct mien_error error = {0};
	struct prober *p;
	int status = STATUS_FINE;

	if (!mien_port_wait_link(port, LINK_MS))
		return cli_error(STATUS_PORT, "%s: the link is down", o->port);
	p = prober_open(&c, mien_clock_now());
	if (!p)
		return cli_error(STATUS_PORT, "out of memory");
	converse(p, port, stop);
	if (*stop)
		status = STATUS_INTERRUPTED;
	else if (prober_state(p) == PROBER_FAILED)
		status = cli_error(STATUS_PEER, "%s", prober_failure(p));
	else if (learn_read(p, NULL, &out->findings, &out->print, &error) != MIEN_OK)
		status = cli_mien_error(STATUS_PEER, &error);
	out->has_print = true;
	prober_close(p);
	return status;
}

int
learn_live(const struct learn_options *o, struct learnt *out, const volatile sig_atomic_t *stop)
{
	const struct mien_port_config config = {.spec = o->port};
	struct mien_error error = {0};
	struct mien_port *port;
	char day[16] = "";
	time_t now = (time_t)(mien_clock_wall(mien_clock_now()) / 1000000000u);
	struct tm tm;
	int status;

	if (gmtime_r(&now, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	snprintf(out->source, sizeof(out->source), "mien personality learn, %u.%u.%u.%u, TCP %u and %u, UDP %u, %s",
		o->target >> 24, o->target >> 16 & 255, o->target >> 8 & 255, o->target & 255, o->open, o->closed, o->udp, day);
	if (mien_port_open(&config, &port, &error) != MIEN_OK)
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	status = ask(o, port, out, stop);
	mien_port_close(port);
	return status;
}
