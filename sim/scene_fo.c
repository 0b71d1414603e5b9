/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open in scenes: drawn with a luck of its own, so that scenes without it stay what they were. */
#include "scene_fo.h"

#include <inttypes.h>

#include <mien/host.h>
#include <mien/tcp.h>

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define SMALLEST_COOKIE 536 /* as Linux' */
#define LEAST_CONNECTIONS 8 /* the first ones ask */

void
scene_fo_host(const struct sim_scene *s, const struct mien_personality *p, struct watch_host *host)
{
	const struct mien_fast_open_rule *r = &p->tcp.fast_open;

	host->fo_client = r->client ? s->plan.fast_open.client : MIEN_FAST_OPEN_OFF;
	host->fo_server = r->server ? s->plan.fast_open.server : MIEN_FAST_OPEN_OFF;
	host->fo_cookie = r->cookie;
	if (p->tcp.backlog_full == MIEN_BACKLOG_COOKIES &&
		(s->plan.fast_open.backlog || p->tcp.backlog || scene_has_box(s, SIM_BOX_SYN_TWICE)))
		host->cookie_mss = SMALLEST_COOKIE;
}

/* -- what happens besides ----------------------------------------------------------------------------------- */

static int
change_key(struct scene_fo *k, unsigned host)
{
	uint64_t key[2] = {dice_u64(&k->dice), dice_u64(&k->dice)};

	watch_key(k->watch, host, true);
	return mien_host_set_fast_open_key(k->stacks[host], k->ids[host], (const uint8_t *)key);
}

static int
renew(struct scene_fo *k, unsigned host)
{
	struct mien_host_info info;
	int rc = mien_host_info(k->stacks[host], k->ids[host], &info);

	watch_key(k->watch, host, false);
	watch_forgot(k->watch, host);
	if (rc != MIEN_OK)
		return rc;
	return mien_host_set_personality(k->stacks[host], world_clock(k->world, host, world_now(k->world)), k->ids[host],
		info.personality);
}

static int
plan_next(struct scene_fo *k);

static void
change(void *ctx, uint64_t arg)
{
	struct scene_fo *k = ctx;
	const struct sim_scene *s = k->scene;
	unsigned client = (unsigned)dice_below(&k->dice, s->clients), server = s->clients + (unsigned)dice_below(&k->dice, s->servers);
	unsigned what = (unsigned)dice_below(&k->dice, s->cookies.renews ? 4 : 3);
	int rc = MIEN_OK;

	(void)arg;
	if (what == 2) {
		watch_forgot(k->watch, client);
		mien_tcp_fast_open_forget(k->stacks[client]);
	} else if (what == 3) {
		rc = renew(k, dice_below(&k->dice, 2) ? client : server);
	} else {
		rc = change_key(k, server);
	}
	/* A change that was not made is seen: the watch takes it for made. */
	if (rc == MIEN_OK && load_open(k->load))
		(void)plan_next(k);
}

static int
plan_next(struct scene_fo *k)
{
	return world_at(k->world, world_now(k->world) + dice_range(&k->dice, 1, 2 * k->scene->cookies.every_ns), change, k, 0);
}

int
scene_fo_begin(struct scene_fo *k, const struct sim_scene *s, struct world *world, struct watch *watch, struct load *load,
	struct mien_stack *const *stacks)
{
	if (!s->cookies.every_ns)
		return MIEN_OK;
	k->scene = s;
	k->world = world;
	k->watch = watch;
	k->load = load;
	k->stacks = stacks;
	k->dice = (struct dice){s->seed ^ UINT64_C(0x636f6f6b696573)};
	k->dice = dice_split(&k->dice);
	return plan_next(k);
}

/* -- by lot ------------------------------------------------------------------------------------------------- */

/* Many small connections, few at once, where there were few large ones. */
static void
draw_connections(struct dice *d, struct sim_scene *s)
{
	struct sim_plan *p = &s->plan;
	uint32_t had = p->connections ? p->connections : 1, n = (uint32_t)dice_range(d, LEAST_CONNECTIONS, s->wrap_seq ? 16 : 40);

	if (had < n) {
		p->connections = n;
		if (p->rounds > 2 * n)
			p->rounds = p->rounds * had / n + 1;
		else
			p->up = p->up * had / n, p->down = p->down * had / n;
		p->abort_after = p->abort_after * had / n;
		p->think_ns = p->think_ns * had / n;
	}
	if (!p->parallel || dice_below(d, 2))
		p->parallel = (uint32_t)dice_range(d, 1, dice_below(d, 2) ? 1 : 6);
	if (dice_below(d, 3) == 0)
		p->pause_ns = dice_range(d, 1, 30 * SECOND);
}

static void
draw_box(struct dice *d, struct sim_scene *s)
{
	static const uint32_t kinds[] = {SIM_BOX_NO_FO, SIM_BOX_FO_LOST, SIM_BOX_DATA_LOST, SIM_BOX_DATA_CUT, SIM_BOX_ADDRESSES,
		SIM_BOX_SYN_TWICE};

	if (s->n_boxes < SCENE_BOXES)
		s->boxes[s->n_boxes++] = (struct sim_box_config){.what = kinds[dice_below(d, 6)], .key = dice_u64(d)};
}

#define SYN_WAITS (20 * SECOND) /* until the hasty give up */

/* Whether what others have sent may stand in front of a SYN or its answer for so long. */
static bool
is_deep(const struct sim_link_config *way, uint64_t bytes)
{
	uint64_t most = way->queue_bytes && way->queue_bytes < bytes ? way->queue_bytes : bytes;

	return way->rate_bps && most * 8 > way->rate_bps * (SYN_WAITS / SECOND);
}

/* More connections than were drawn fail where fewer may. */
static void
mend(struct sim_scene *s)
{
	const struct sim_plan *p = &s->plan;
	/* Behind such a box each may leave a half-open one, for as long as its SYN-ACK goes again. */
	uint32_t half_open = scene_has_box(s, SIM_BOX_SYN_TWICE) ? p->connections : p->parallel;
	uint64_t talks = (uint64_t)p->parallel * (p->rounds ? p->rounds : 1);

	s->may_fail |= scene_is_crowded(s, half_open, p->parallel);
	/* A client may pick a port that waits in TIME-WAIT at the server. */
	s->may_fail |= p->ending == SIM_SERVER_CLOSES || s->cookies.renews;
	s->may_fail |= p->parallel < p->connections && (is_deep(&s->up, talks * p->up) || is_deep(&s->down, talks * p->down));
	s->plan.keepalive |= s->may_fail;
}

void
scene_fo_draw(uint64_t seed, struct sim_scene *s)
{
	static const uint8_t clients[] = {MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_ON,
		MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_NO_COOKIE};
	static const uint8_t servers[] = {MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_ON,
		MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_ON, MIEN_FAST_OPEN_NO_COOKIE, MIEN_FAST_OPEN_OFF};
	struct sim_fast_open *f = &s->plan.fast_open;
	struct dice d = {seed ^ UINT64_C(0x66617374206f70)};

	d = dice_split(&d);
	if (dice_below(&d, 6))
		return;
	draw_connections(&d, s);
	f->client = clients[dice_below(&d, sizeof(clients))];
	f->server = servers[dice_below(&d, sizeof(servers))];
	f->bare = dice_below(&d, 8) == 0;
	f->early = (uint32_t)dice_below(&d, dice_below(&d, 2) ? 1400 : LOAD_EARLY);
	if (dice_below(&d, 4) == 0)
		f->pending = (uint16_t)dice_range(&d, 1, 4);
	if (dice_below(&d, 6) == 0) {
		f->backlog = (uint16_t)dice_range(&d, 1, 3);
		s->may_fail = true;
	}
	s->cookies.forced = dice_below(&d, 4);
	s->cookies.experimental = dice_below(&d, 2);
	s->cookies.len = (uint8_t)(4 + 2 * dice_below(&d, 7));
	if (dice_below(&d, 2)) {
		s->cookies.every_ns = dice_range(&d, 10 * MS, dice_below(&d, 2) ? 2 * SECOND : 60 * SECOND);
		s->cookies.renews = dice_below(&d, 3) == 0 && !s->wrap_seq; /* two times the same numbers are no use */
	}
	if (dice_below(&d, 3) == 0)
		draw_box(&d, s);
	mend(s);
}

void
scene_fo_describe(const struct sim_scene *s, FILE *out)
{
	static const char *const modes[] = {"off", "on", "without cookies"};
	const struct sim_fast_open *f = &s->plan.fast_open;

	if (!f->client && !f->server)
		return;
	fprintf(out, "; Fast Open: clients %s", modes[f->client]);
	if (f->client && f->bare)
		fprintf(out, " and silent");
	else if (f->client)
		fprintf(out, " with %u bytes", f->early);
	fprintf(out, ", servers %s", modes[f->server]);
	if (f->pending)
		fprintf(out, ", %u pending at most", f->pending);
	if (f->backlog)
		fprintf(out, ", %u half-open at most", f->backlog);
	if (s->cookies.forced)
		fprintf(out, ", cookies of %u bytes%s", s->cookies.len, s->cookies.experimental ? ", the experimental option" : "");
	if (s->cookies.every_ns)
		fprintf(out, ", keys change every %.3f s%s", (double)s->cookies.every_ns / 1e9, s->cookies.renews ? " and hosts renew" : "");
}
