/* SPDX-License-Identifier: BSD-3-Clause */
/* The second reading: frames in at their time, the stack's answers out at theirs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "../cli.h"
#include "bytes.h"
#include "replay.h"

/* Deadlines in a row without time moving on; more means that something is due and never done. */
#define STUCK_TURNS 100000u
/* Deadlines between two packets; a stamp far in the future must not mean years of keepalives. */
#define GAP_TURNS 200000u

static bool
write_out(struct replay *r, const void *frame, uint32_t len)
{
	if (!r->out || mien_capture_write(r->out, r->now, frame, len) == MIEN_OK)
		return true;
	if (r->error.err == MIEN_OK) {
		r->error.err = MIEN_EIO;
		snprintf(r->error.text, sizeof(r->error.text), "%s: cannot be written", r->o->out);
	}
	return false;
}

static void
take_out(struct replay *r)
{
	static uint8_t frame[PACKET_MAX];
	struct packet p;
	int len;

	while ((len = mien_frame_out(r->st, r->now, frame, sizeof(frame))) != 0) {
		if (len < 0)
			continue;
		packet_parse(&p, frame, (uint32_t)len);
		flows_sent(&r->flows, &p);
		r->totals.sent++;
		r->totals.sent_bytes += (uint32_t)len;
		if (!write_out(r, frame, (uint32_t)len))
			return;
	}
}

static void
hear(struct replay *r)
{
	struct service_env env = {.st = r->st, .now = r->now};
	struct mien_event ev[32];
	unsigned n;

	while ((n = mien_stack_events(r->st, ev, 32)) > 0)
		for (unsigned i = 0; i < n; i++)
			service_event(&env, &ev[i], &r->services);
}

static void
turn(struct replay *r)
{
	mien_stack_advance(r->st, r->now);
	hear(r);
	take_out(r);
	hear(r);
}

/* Lets happen what is due before `until`, then it is `until`. */
static void
advance_to(struct replay *r, uint64_t until)
{
	unsigned turns = 0, stuck = 0;

	for (;;) {
		uint64_t due = mien_stack_deadline(r->st);

		if (due == MIEN_NEVER || due > until || ++turns > GAP_TURNS)
			break;
		stuck = due > r->now ? 0 : stuck + 1;
		if (stuck > STUCK_TURNS)
			break;
		if (due > r->now)
			r->now = due;
		turn(r);
	}
	if (until > r->now) {
		r->now = until;
		turn(r);
	}
}

/* Checksums that the captured machine left to its port; with --fix-checksums, all that are wrong. */
static void
complete_checksum(struct replay *r, struct packet *p)
{
	uint8_t *field = packet_checksum_field(p);
	size_t header = p->kind == PACKET_IP4 ? (size_t)(p->ip[0] & 15) * 4 : 0;

	if (header && (get16(p->ip + 10) == 0 || r->o->fix_checksums) && fold(sum_bytes(p->ip, header)) != 0xffff) {
		put16(p->ip + 10, 0);
		put16(p->ip + 10, (uint16_t)~fold(sum_bytes(p->ip, header)));
		r->totals.completed++;
	}
	if (!field || !p->whole || p->fragment || (p->protocol == 17 && get16(field) == 0))
		return;
	if (!packet_unsummed(p) && !(r->o->fix_checksums && get16(field) != packet_checksum(p)))
		return;
	put16(field, packet_checksum(p));
	r->totals.completed++;
}

/* Broadcast, or a group of IP's. */
static bool
is_group(const uint8_t *mac)
{
	return memcmp(mac, "\xff\xff\xff\xff\xff\xff", 6) == 0 || memcmp(mac, "\x01\x00\x5e", 3) == 0;
}

static void
give(struct replay *r, struct packet *p, const struct replay_host *host)
{
	uint32_t len;
	int err;

	/* A capture of several links shows several; one made by hand, groups that are none. */
	if (!is_group(p->frame))
		memcpy(p->frame, host->mac, 6);
	complete_checksum(r, p);
	len = flows_client(&r->flows, p, r->now);
	r->totals.given++;
	r->totals.given_bytes += len;
	if (!write_out(r, p->frame, len))
		return;
	err = mien_frame_in(r->st, r->now, r->pool, p->frame, len);
	if (err != MIEN_OK && r->error.err == MIEN_OK) {
		r->error.err = err;
		snprintf(r->error.text, sizeof(r->error.text), "packet %" PRIu64 " could not be given to the stack: %s",
			r->totals.packets, mien_strerror(err));
	}
	turn(r);
}

static void
one(struct replay *r, const struct capture_frame *f)
{
	uint32_t len = replay_copy(r, f);
	struct replay_host *host;
	bool from_host, answer;
	struct packet p;

	r->totals.packets++;
	r->totals.bytes += f->len;
	r->totals.truncated += f->wire_len > f->len;
	if (len == 0) {
		r->totals.unusable++;
		return;
	}
	packet_parse(&p, r->frame, len);
	advance_to(r, f->ns);
	from_host = p.kind == PACKET_IP4 && replay_host_at(r, p.src);
	answer = from_host && flows_captured(&r->flows, &p);
	if (!answer && replay_for_host(r, &p, &host)) {
		give(r, &p, host);
		return;
	}
	r->totals.captured += from_host;
	r->totals.foreign += !from_host;
	if (r->o->all)
		write_out(r, r->frame, len);
}

int
replay_run(struct replay *r, const volatile int *stop)
{
	struct capture_reader *reader;
	struct mien_error error = {0};
	struct progress progress;
	struct capture_frame f;
	uint64_t done, size;
	int rc = capture_open(r->o->in, &reader, &error);

	if (rc != 0)
		return cli_mien_error(rc == MIEN_EPERM ? STATUS_PERMISSION : STATUS_MALFORMED, &error);
	capture_progress(reader, &done, &size);
	progress_begin(&progress, "replay", "bytes", size);
	while (!*stop && r->error.err == MIEN_OK && (rc = capture_next(reader, &f, &error)) == 1) {
		one(r, &f);
		capture_progress(reader, &done, &size);
		progress_step(&progress, done);
	}
	if (!*stop && r->error.err == MIEN_OK)
		advance_to(r, r->now + r->o->linger_ns);
	r->totals.first_ns = r->scan.first_ns;
	r->totals.last_ns = r->now;
	progress_end(&progress, done);
	capture_close(reader);
	if (r->error.err != MIEN_OK)
		return cli_mien_error(STATUS_PORT, &r->error);
	if (rc < 0)
		return cli_mien_error(STATUS_MALFORMED, &error);
	return *stop ? STATUS_INTERRUPTED : STATUS_FINE;
}
