/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the packets come from: a capture file, or a port that is only listened to. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_mbuf.h>

#include <mien/driver.h>
#include <mien/profile.h>

#include "../cli.h"
#include "capture.h"
#include "passive.h"

#define BURST 32
#define FRAME_MAX 2048 /* headers, options and what errors quote lie in it */
#define IDLE_NS 1000000

static int
add_profile(struct passive *p, const char *name)
{
	struct mien_error error = {0};
	struct mien_profile *profile;
	int err = mien_profile_load(name, &profile, &error);

	if (err != MIEN_OK)
		return cli_mien_error(err == MIEN_EPERM ? STATUS_PERMISSION : STATUS_USAGE, &error);
	err = namer_add(p->namer, profile);
	mien_profile_unref(profile);
	return err == MIEN_OK ? STATUS_FINE : cli_error(STATUS_PORT, "%s: %s", name, mien_strerror(err));
}

static int
add_profiles(struct passive *p)
{
	struct mien_profile_info info;
	int status = STATUS_FINE;

	for (unsigned i = 0; status == STATUS_FINE && i < p->o->n_profiles; i++)
		status = add_profile(p, p->o->profiles[i]);
	for (size_t i = 0; status == STATUS_FINE && mien_profile_builtin(i, &info); i++)
		if (!info.abstract)
			status = add_profile(p, info.name);
	return status;
}

int
passive_open(struct passive *p)
{
	/* The driver of a port may want devices or hugepages: its start decides for DPDK. */
	const struct mien_eal_config eal = {.pci = p->o->port && mien_port_needs_pci(p->o->port)};
	struct mien_error error = {0};
	int err = mien_eal_start(&eal, &error);

	if (err == MIEN_OK)
		err = oracle_open(&p->oracle, &error);
	if (err != MIEN_OK)
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	if (namer_open(p->oracle, &p->namer) != MIEN_OK ||
		witness_open(p->namer, passive_news, p, &p->witness) != MIEN_OK)
		return cli_error(STATUS_PORT, "out of memory");
	return add_profiles(p);
}

void
passive_close(struct passive *p)
{
	witness_close(p->witness);
	namer_close(p->namer);
	oracle_close(p->oracle);
}

static void
look(struct passive *p, uint64_t ns, const uint8_t *frame, size_t len)
{
	p->packets++;
	p->others += !witness_frame(p->witness, ns, frame, len);
}

int
passive_capture(struct passive *p, const volatile sig_atomic_t *stop)
{
	struct capture_reader *reader;
	struct mien_error error = {0};
	struct progress progress;
	struct capture_frame f;
	uint64_t done, size;
	int rc = capture_open(p->o->pcap, &reader, &error);

	if (rc != 0)
		return cli_mien_error(rc == MIEN_EPERM	   ? STATUS_PERMISSION
				      : rc == MIEN_ENOENT ? STATUS_USAGE
							  : STATUS_MALFORMED,
			&error);
	capture_progress(reader, &done, &size);
	progress_begin(&progress, "fingerprint", "bytes", size);
	while (!*stop && (rc = capture_next(reader, &f, &error)) == 1) {
		look(p, f.ns, f.data, f.len);
		capture_progress(reader, &done, &size);
		progress_step(&progress, done);
	}
	progress_end(&progress, done);
	capture_close(reader);
	if (rc < 0)
		return cli_mien_error(STATUS_MALFORMED, &error);
	return *stop ? STATUS_INTERRUPTED : STATUS_FINE;
}

static void
look_at_mbuf(struct passive *p, struct rte_mbuf *m)
{
	uint8_t copy[FRAME_MAX];
	uint32_t len = rte_pktmbuf_pkt_len(m) < sizeof(copy) ? rte_pktmbuf_pkt_len(m) : sizeof(copy);
	const uint8_t *frame = rte_pktmbuf_read(m, 0, len, copy);

	if (frame)
		look(p, mien_clock_wall(mien_clock_now()), frame, len);
	rte_pktmbuf_free(m);
}

static void
traced(void *ctx, const struct mien_trace_record *record)
{
	if (!record->sent)
		look(ctx, mien_clock_wall(record->now), record->frame, record->len);
}

void
passive_trace(struct passive *p, struct mien_stack *st)
{
	mien_stack_trace(st, NULL, traced, p);
}

/* Listens; nothing is ever sent. */
int
passive_port(struct passive *p, const volatile sig_atomic_t *stop)
{
	const struct mien_port_config config = {.spec = p->o->port};
	const struct timespec idle = {.tv_nsec = IDLE_NS};
	struct rte_mbuf *burst[BURST];
	struct mien_error error = {0};
	struct mien_port *port;
	uint64_t end = p->o->seconds ? mien_clock_now() + p->o->seconds * 1000000000u : UINT64_MAX;

	if (mien_port_open(&config, &port, &error) != MIEN_OK)
		return cli_mien_error(mien_driver_exit_status(&error), &error);
	cli_note("ready: listening on %s", p->o->port);
	while (!*stop && mien_clock_now() < end) {
		uint16_t n = mien_port_rx(port, burst, BURST);

		for (uint16_t i = 0; i < n; i++)
			look_at_mbuf(p, burst[i]);
		if (n == 0)
			nanosleep(&idle, NULL);
	}
	mien_port_close(port);
	return STATUS_FINE;
}
