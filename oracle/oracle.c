/* SPDX-License-Identifier: BSD-3-Clause */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mien/driver.h>

#include "lab.h"
#include "nmap_lab.h"

/* Longer than any schedule waits. */
#define PATIENCE (1200 * LAB_SECOND)
#define CLIENT_PORT 43210

struct oracle {
	struct rte_mempool *pool;
};

int
oracle_open(struct oracle **out, struct mien_error *error)
{
	const struct mien_pool_config pool = {.mbufs = 511};
	struct oracle *o = calloc(1, sizeof(*o));
	int err;

	*out = NULL;
	if (!o) {
		if (error)
			*error = (struct mien_error){.err = MIEN_ENOMEM, .text = "out of memory"};
		return MIEN_ENOMEM;
	}
	err = mien_pool_create(&pool, &o->pool, NULL, error);
	if (err != MIEN_OK) {
		free(o);
		return err;
	}
	*out = o;
	return MIEN_OK;
}

void
oracle_close(struct oracle *o)
{
	if (!o)
		return;
	mien_pool_free(o->pool);
	free(o);
}

struct rte_mempool *
oracle_pool(const struct oracle *o)
{
	return o->pool;
}

/* One unanswered segment, watched. */
struct watch {
	uint8_t flags; /* SYN, with ACK or without */
	uint16_t peer_mss;
	char *signature;
	uint16_t window;
	struct oracle_schedule *schedule;
	uint64_t last;
};

static void
watch_segment(struct watch *w, uint64_t now, const struct observed *o)
{
	struct oracle_schedule *s = w->schedule;
	uint32_t gap = (uint32_t)((now - w->last + LAB_MS / 2) / LAB_MS);

	if (!s->sent) {
		s->sent = true;
		p0f_signature(o, w->peer_mss, w->signature);
		w->window = o->window;
	} else if (s->n < ORACLE_TIMES) {
		s->gap_ms[s->n++] = gap;
	}
	w->last = now;
}

static void
heard(void *ctx, uint64_t now, const uint8_t *frame, uint32_t len)
{
	struct watch *w = ctx;
	struct observed o;

	if (!observe(frame, len, &o) || o.kind != OBSERVED_TCP)
		return;
	if ((o.flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == w->flags) {
		watch_segment(w, now, &o);
	} else if (o.flags & FLAG_RST && w->schedule->sent && !w->schedule->rst) {
		w->schedule->rst = true;
		w->schedule->rst_ms = (uint32_t)((now - w->last + LAB_MS / 2) / LAB_MS);
	}
}

static void
send_segment(struct lab *lab, const struct nmap_segment *s)
{
	const struct nmap_target target = {.mac = {2, 0x6d, 0x69, 0x65, 0x6e, 2},
		.scanner_mac = {2, 0x6d, 0x69, 0x65, 0x6e, 1},
		.addr = LAB_HOST,
		.scanner = LAB_OBSERVER};
	uint8_t frame[NMAP_FRAME_MAX];

	lab_send(lab, frame, nmap_segment_build(&target, s, frame));
}

/* The SYN of an everyday client: it offers all that there is. */
static void
send_syn(struct lab *lab)
{
	const struct nmap_segment syn = {.sport = CLIENT_PORT,
		.dport = LAB_OPEN,
		.seq = 0x12345678,
		.flags = FLAG_SYN,
		.ttl = 64,
		.df = true,
		.ip_id = 0x4321,
		.window = 64240,
		.opt_len = 20,
		.opts = {2, 4, 1460 >> 8, 1460 & 255, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7}};

	send_segment(lab, &syn);
}

/* A signature needs the first transmission, a schedule all of them. */
static void
watch_both(struct lab *lab, unsigned parts, struct oracle_print *out)
{
	uint64_t patience = parts & ORACLE_SCHEDULE ? PATIENCE : LAB_SECOND / 10;
	struct watch synack = {.flags = FLAG_SYN | FLAG_ACK,
			     .peer_mss = 1460,
			     .signature = out->p0f_synack,
			     .schedule = &out->synack},
		     syn = {.flags = FLAG_SYN, .signature = out->p0f_syn, .schedule = &out->syn};

	lab->heard = heard;
	lab->ctx = &synack;
	send_syn(lab);
	lab_until(lab, lab->now + patience);
	lab->ctx = &syn;
	lab_connect(lab, LAB_OPEN);
	lab_until(lab, lab->now + patience);
	out->syn_window = syn.window;
	out->synack_window = synack.window;
	lab->heard = NULL;
}

int
oracle_fingerprint(struct oracle *o, const struct mien_personality *p, uint64_t seed, enum nmap_release release,
	unsigned parts, struct oracle_print *out)
{
	struct lab lab;
	int err = lab_open(&lab, o->pool, p, seed);

	memset(out, 0, sizeof(*out));
	out->parts = parts;
	if (err != MIEN_OK)
		return err;
	if (parts & ORACLE_NMAP) {
		struct nmap_scan scan;

		nmap_lab_scan(&lab, seed, &scan);
		nmap_print_make(&scan, release, &out->nmap);
	}
	if (parts & ORACLE_ARP)
		out->arp = arp_mask_ask(&lab);
	if (parts & (ORACLE_P0F | ORACLE_SCHEDULE))
		watch_both(&lab, parts, out);
	err = lab.err;
	lab_close(&lab);
	return err;
}

int
oracle_answer(struct oracle *o, const struct mien_personality *p, uint64_t seed, const struct observed *syn,
	char signature[P0F_SIG_CAP])
{
	struct nmap_segment s = {.sport = CLIENT_PORT,
		.dport = LAB_OPEN,
		.seq = syn->seq,
		.ack = syn->ack,
		.flags = syn->flags,
		.reserved = syn->reserved,
		.opt_len = syn->opt_len,
		.ttl = syn->ttl,
		.window = syn->window,
		.urgent = syn->urgent,
		.ip_id = syn->ip_id,
		.df = syn->df};
	const uint8_t *mss = opt_find(syn->opts, syn->opt_len, 2, 4);
	struct oracle_schedule schedule = {0};
	struct watch watch = {.flags = FLAG_SYN | FLAG_ACK,
		.peer_mss = (uint16_t)(mss ? mss[0] << 8 | mss[1] : 0),
		.signature = signature,
		.schedule = &schedule};
	struct lab lab;
	int err = lab_open(&lab, o->pool, p, seed);

	signature[0] = '\0';
	if (err != MIEN_OK)
		return err;
	memcpy(s.opts, syn->opts, sizeof(s.opts));
	lab.heard = heard;
	lab.ctx = &watch;
	send_segment(&lab, &s);
	lab_until(&lab, lab.now + LAB_SECOND / 10);
	err = lab.err;
	lab_close(&lab);
	return err;
}

static size_t
seconds_format(uint32_t ms, char *buf, size_t cap)
{
	int n = ms % 1000 ? snprintf(buf, cap, "%u.%03u", ms / 1000, ms % 1000) : snprintf(buf, cap, "%u", ms / 1000);

	while (ms % 1000 && n > 0 && (size_t)n < cap && buf[n - 1] == '0')
		buf[--n] = '\0';
	return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

void
oracle_schedule_format(const struct oracle_schedule *s, char *buf, size_t cap)
{
	size_t used = 0;

	snprintf(buf, cap, "%s", s->sent ? "" : "none");
	for (unsigned i = 0; s->sent && i < s->n; i++) {
		used += (size_t)snprintf(buf + used, cap - used, "%s", i ? " " : "");
		used += seconds_format(s->gap_ms[i], buf + used, cap - used);
	}
	if (!s->sent)
		return;
	used += (size_t)snprintf(buf + used, cap - used, "%s%s", s->n ? ", " : "", s->rst ? "rst " : "silence");
	if (s->rst)
		seconds_format(s->rst_ms, buf + used, cap - used);
}
