/* SPDX-License-Identifier: BSD-3-Clause */
#include "scene.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mien/host.h>

#include "pile.h"
#include "scene_fo.h"
#include "story.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define DAY (86400 * SECOND)
#define MOST (60 * DAY) /* megabytes that lose each sixth segment need weeks; what stands still is found sooner */
#define STORY 2048u
#define STORY_LINES 60u
#define PATIENCE (4 * 3600 * SECOND) /* keepalives find a peer gone in it */
#define DRAIN (900 * SECOND) /* TIME-WAIT and FIN-WAIT-2 of all personalities pass in it */
#define BASE_IP 0x0a000001u
#define FRAMES 65536u
#define VIEWS 131072u
#define FRAME_ROOM 2048u

struct run {
	const struct sim_scene *scene;
	struct sim_pools *pools;
	struct sim_outcome *out;
	struct world *world;
	struct watch *watch;
	struct load *load;
	struct story *story;
	struct mien_stack *stacks[SCENE_HOSTS];
	struct mien_addr addrs[SCENE_HOSTS];
	struct mien_personality *p[SCENE_HOSTS]; /* copies, where something is changed */
	unsigned nodes[SCENE_HOSTS], lists[2][SCENE_HOSTS];
	unsigned n;
	struct scene_fo keys;
	uint64_t begin;
	struct dice dice;
	FILE *text;
};

static uint64_t
cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

int
sim_pools_create(struct sim_pools *pools, struct mien_error *error)
{
	int rc = mien_eal_start(NULL, error);

	if (rc != MIEN_OK)
		return rc;
	pools->frames = pile_pool("sim_frames", FRAMES, RTE_PKTMBUF_HEADROOM + FRAME_ROOM);
	pools->views = pile_pool("sim_views", VIEWS, MIEN_COPY_BREAK);
	if (pools->frames && pools->views)
		return MIEN_OK;
	sim_pools_destroy(pools);
	error->err = MIEN_ENOMEM;
	snprintf(error->text, sizeof(error->text), "there is no memory for mbufs");
	return MIEN_ENOMEM;
}

void
sim_pools_destroy(struct sim_pools *pools)
{
	mien_pool_free(pools->frames);
	mien_pool_free(pools->views);
}

/* -- what goes wrong ---------------------------------------------------------------------------------------- */

static void
tell(struct run *r, const struct story_of *of, const char *what)
{
	uint64_t t = world_now(r->world) - r->begin;

	if (r->out->wrong++ > 0)
		return;
	snprintf(r->out->first, sizeof(r->out->first), "%s", what);
	if (!r->text)
		return;
	fprintf(r->text, "at %" PRIu64 ".%06" PRIu64 ": %s\n", t / SECOND, t / 1000 % 1000000, what);
	if (of)
		story_tell(r->story, of, r->text);
}

static void
violated(void *ctx, const struct watch_violation *v)
{
	struct run *r = ctx;
	struct story_of of = {v->host, v->peer, v->port, v->peer_port, r->begin, STORY_LINES};
	char what[320];

	snprintf(what, sizeof(what), "host %u (%s), port %u to %u.%u.%u.%u:%u: %s: %s", v->host, r->scene->p[v->host]->name,
		v->port, v->peer >> 24, v->peer >> 16 & 255, v->peer >> 8 & 255, v->peer & 255, v->peer_port,
		watch_rule_name(v->rule), v->text);
	tell(r, &of, what);
}

static void
load_wrong(void *ctx, unsigned host, uint16_t port, uint16_t peer_port, const char *what)
{
	struct run *r = ctx;
	struct story_of of = {host, 0, 0, 0, r->begin, STORY_LINES};
	char text[320];

	(void)port;
	(void)peer_port;
	snprintf(text, sizeof(text), "host %u (%s): %s", host, r->scene->p[host]->name, what);
	tell(r, &of, text);
}

/* -- what reads along --------------------------------------------------------------------------------------- */

static void
seen(void *ctx, uint64_t now, unsigned host, bool sent, const struct rte_mbuf *m, bool damaged)
{
	struct run *r = ctx;

	story_add(r->story, now, host, sent, m, damaged);
	watch_frame(r->watch, world_clock(r->world, host, now), host, sent, m, damaged);
	if (!sent)
		return;
	r->out->frames++;
	if (r->scene->capture && mien_capture_write_mbuf(r->scene->capture, now, m) != 0)
		tell(r, NULL, "the capture could not be written");
}

static void
done(void *ctx)
{
	world_stop(((struct run *)ctx)->world);
}

/* -- building ----------------------------------------------------------------------------------------------- */

/* Copies of personalities whose numbers shall pass 2^32 soon, or that shall agree on ECN or Fast Open. */
static const struct mien_personality *
worn(struct run *r, unsigned i)
{
	const struct sim_scene *s = r->scene;

	if (!s->wrap_seq && !s->ecn && !s->cookies.forced)
		return s->p[i];
	r->p[i] = aligned_alloc(64, sizeof(*r->p[i]));
	if (!r->p[i])
		return NULL;
	*r->p[i] = *s->p[i];
	if (s->wrap_seq)
		r->p[i]->tcp.isn = (struct mien_isn_rule){.kind = MIEN_ISN_CONST,
			.value = UINT32_MAX - (uint32_t)dice_below(&r->dice, 200000)};
	if (s->ecn) {
		r->p[i]->tcp.ecn = MIEN_ECN_ACCEPT;
		r->p[i]->tcp.ecn_offer = 1;
	}
	if (s->cookies.forced)
		r->p[i]->tcp.fast_open = (struct mien_fast_open_rule){1, 1, s->cookies.experimental, s->cookies.len};
	return r->p[i];
}

/* Timestamps count from when the host began: how long it is up when the connections begin. */
static uint64_t
uptime(struct run *r)
{
	uint32_t hz = r->scene->p[0]->tcp.ts.hz ? r->scene->p[0]->tcp.ts.hz : 1000;

	if (!r->scene->wrap_ts)
		return SECOND;
	return (uint64_t)(((unsigned __int128)UINT32_MAX * SECOND) / hz) - dice_below(&r->dice, 3 * SECOND);
}

static int
add_stack(struct run *r, unsigned i)
{
	const struct sim_scene *s = r->scene;
	struct mien_host_config host = {.prefix_len = 16};
	struct mien_stack_config config;
	int rc;

	mien_stack_config_init(&config);
	config.max_conns = 4096;
	config.max_time_wait = 16384;
	config.max_hosts = 1;
	config.max_neighbours = (scene_has_box(s, SIM_BOX_ADDRESSES) ? 2 + BOX_ADDRESSES : 2) * SCENE_HOSTS;
	config.max_listeners = 4;
	config.seed = dice_u64(&r->dice);
	memcpy(config.secret, &config.seed, sizeof(config.seed));
	config.now = r->begin;
	config.pool = r->pools->frames;
	config.indirect_pool = r->pools->views;
	world_mac(i, config.mac);
	config.tx_offloads = MIEN_OFFLOAD_MULTI_SEGS;
	if (!s->sums)
		config.tx_offloads |= MIEN_OFFLOAD_IP4_CKSUM | MIEN_OFFLOAD_TCP_CKSUM;
	r->addrs[i] = mien_addr_ip4(BASE_IP + i);
	rc = mien_stack_create(&config, &r->stacks[i]);
	host.addr = r->addrs[i];
	host.personality = worn(r, i);
	if (rc == MIEN_OK && host.personality == NULL)
		rc = MIEN_ENOMEM;
	if (rc == MIEN_OK)
		rc = mien_host_add(r->stacks[i], r->begin, &host, &r->keys.ids[i]);
	return rc;
}

static int
introduce(struct run *r, unsigned i)
{
	uint8_t mac[6];
	int rc = MIEN_OK;

	for (unsigned k = 0; k < r->n && rc == MIEN_OK && !r->scene->arp; k++) {
		world_mac(k, mac);
		if (k != i)
			rc = mien_stack_add_neighbour(r->stacks[i], &r->addrs[k], mac);
	}
	if (i < r->scene->clients || !scene_has_box(r->scene, SIM_BOX_ADDRESSES))
		return rc;
	for (unsigned k = 0; k < r->scene->clients * BOX_ADDRESSES && rc == MIEN_OK; k++) {
		const struct mien_addr addr = mien_addr_ip4(box_address(BASE_IP + k / BOX_ADDRESSES, k % BOX_ADDRESSES));

		world_mac(k / BOX_ADDRESSES, mac);
		rc = mien_stack_add_neighbour(r->stacks[i], &addr, mac);
	}
	return rc;
}

static void
events(void *ctx, unsigned host, const struct mien_event *ev, unsigned n)
{
	struct run *r = ctx;

	load_events(r->load, host, ev, n);
}

/* One side's hosts, or the junction that they hang on. */
static int
gather(struct run *r, unsigned first, unsigned count, unsigned *node)
{
	const struct sim_link_config wire = {0};
	const struct sim_box_config plain = {0};
	int rc = MIEN_OK;

	*node = r->nodes[first];
	if (count == 1)
		return MIEN_OK;
	rc = world_add_box(r->world, &plain, node);
	for (unsigned i = 0; i < count && rc == MIEN_OK; i++)
		rc = world_join(r->world, r->nodes[first + i], *node, &wire, &wire);
	return rc;
}

static int
build_path(struct run *r)
{
	const struct sim_scene *s = r->scene;
	const struct sim_link_config wire = {0};
	unsigned at, end, box;
	int rc = gather(r, 0, s->clients, &at);

	if (rc == MIEN_OK)
		rc = gather(r, s->clients, s->servers, &end);
	for (unsigned i = 0; i < s->n_boxes && rc == MIEN_OK; i++) {
		rc = world_add_box(r->world, &s->boxes[i], &box);
		if (rc == MIEN_OK)
			rc = world_join(r->world, at, box, &wire, &wire);
		at = box;
	}
	if (rc == MIEN_OK)
		rc = world_join(r->world, at, end, &s->up, &s->down);
	r->lists[0][SCENE_HOSTS - 1] = at;
	r->lists[1][SCENE_HOSTS - 1] = end;
	return rc;
}

static int
build_world(struct run *r)
{
	const struct sim_scene *s = r->scene;
	int rc = world_create(dice_u64(&r->dice), r->begin, r->pools->frames, &r->world);

	for (unsigned i = 0; i < r->n && rc == MIEN_OK; i++) {
		rc = add_stack(r, i);
		if (rc == MIEN_OK)
			rc = world_add_host(r->world, &(struct world_host){r->stacks[i], events, r, s->sums, s->drift_ppm[i]}, &r->nodes[i]);
	}
	for (unsigned i = 0; i < r->n && rc == MIEN_OK; i++)
		rc = introduce(r, i);
	return rc == MIEN_OK ? build_path(r) : rc;
}

static bool
loses(const struct sim_link_config *c)
{
	return c->loss_ppm || c->burst_begin_ppm || c->corrupt_ppm || c->queue_bytes;
}

static int
build_readers(struct run *r)
{
	const struct sim_scene *s = r->scene;
	struct watch_host hosts[SCENE_HOSTS];
	struct load_config config = {.world = r->world, .plan = &s->plan, .clients = r->lists[0], .servers = r->lists[1],
		.n_clients = s->clients, .n_servers = s->servers, .stacks = r->stacks, .addrs = r->addrs,
		.p = s->p, .ports_move = scene_has_box(s, SIM_BOX_PORTS), .arp = s->arp, .loses = loses(&s->up) || loses(&s->down),
		.views = r->pools->views, .may_fail = s->may_fail, .done = done, .wrong = load_wrong, .ctx = r,
		.patience_ns = PATIENCE + 2 * s->plan.think_ns + 4 * s->sleep_ns};
	int rc;

	for (unsigned i = 0; i < r->n; i++) {
		r->lists[i >= s->clients][i >= s->clients ? i - s->clients : i] = i;
		hosts[i] = (struct watch_host){.p = s->p[i], .ip = BASE_IP + i, .mtu = 1500, .sums = s->sums, .arp = s->arp};
		scene_fo_host(s, r->p[i] ? r->p[i] : s->p[i], &hosts[i]);
	}
	r->story = story_create(r->text ? STORY : 0);
	rc = r->story ? watch_create(hosts, r->n, violated, r, &r->watch) : MIEN_ENOMEM;
	world_observe(r->world, seen, r);
	return rc == MIEN_OK ? load_create(&config, &r->load) : rc;
}

/* -- what happens besides ----------------------------------------------------------------------------------- */

static void
change_mtu(void *ctx, uint64_t arg)
{
	struct run *r = ctx;
	struct sim_link_config up = r->scene->up, down = r->scene->down;
	unsigned a = r->lists[0][SCENE_HOSTS - 1], b = r->lists[1][SCENE_HOSTS - 1];

	up.mtu = down.mtu = (uint16_t)arg;
	world_set_link(r->world, a, b, &up);
	world_set_link(r->world, b, a, &down);
}

static void
fall_asleep(void *ctx, uint64_t arg)
{
	struct run *r = ctx;
	unsigned host = (unsigned)dice_below(&r->dice, r->n);
	uint64_t now = world_now(r->world);

	(void)arg;
	world_sleep(r->world, r->nodes[host], now + r->scene->sleep_ns);
	watch_slept(r->watch, host, world_clock(r->world, host, now + r->scene->sleep_ns));
	if (load_open(r->load) &&
		world_at(r->world, now + r->scene->sleep_ns + dice_range(&r->dice, 1, 2 * r->scene->sleep_every_ns), fall_asleep, r, 0))
		tell(r, NULL, "no memory");
}

static int
plan_changes(struct run *r)
{
	const struct sim_scene *s = r->scene;
	int rc = MIEN_OK;

	if (s->change_mtu)
		rc = world_at(r->world, world_now(r->world) + s->change_at_ns, change_mtu, r, s->change_mtu);
	if (rc == MIEN_OK)
		rc = scene_fo_begin(&r->keys, s, r->world, r->watch, r->load, r->stacks);
	if (s->sleep_every_ns && rc == MIEN_OK)
		rc = world_at(r->world, world_now(r->world) + dice_range(&r->dice, 1, s->sleep_every_ns), fall_asleep, r, 0);
	return rc;
}

/* -- the end ------------------------------------------------------------------------------------------------ */

static void
count_stack(struct run *r, unsigned i)
{
	struct mien_counters c;
	struct mien_gauges g;
	char what[160];

	mien_stack_counters(r->stacks[i], &c);
	mien_stack_gauges(r->stacks[i], &g);
	r->out->retransmits += c.tcp_retransmits;
	r->out->timeouts += c.tcp_rto_expired;
	if (c.drops[MIEN_DROP_NO_MBUF]) {
		snprintf(what, sizeof(what), "host %u (%s): %" PRIu64 " times there was no mbuf", i, r->scene->p[i]->name,
			c.drops[MIEN_DROP_NO_MBUF]);
		tell(r, NULL, what);
	}
	if (!r->out->wrong && (g.tcbs || g.mbufs_held)) {
		snprintf(what, sizeof(what), "host %u (%s): %u connections and %" PRIu64 " mbufs are left behind", i,
			r->scene->p[i]->name, g.tcbs, g.mbufs_held);
		tell(r, &(struct story_of){i, 0, 0, 0, r->begin, STORY_LINES}, what);
	}
}

static void
finish(struct run *r)
{
	struct sim_outcome *o = r->out;
	uint32_t left;

	for (unsigned i = 0; i < r->n; i++) {
		watch_end(r->watch, i, world_clock(r->world, i, world_now(r->world)));
		count_stack(r, i);
	}
	o->watch = *watch_stats(r->watch);
	o->load = *load_stats(r->load);
	world_link_stats(r->world, &o->link);
	world_box_stats(r->world, &o->box);
	o->digest = story_digest(r->story);
	for (unsigned i = 0; i < r->n; i++)
		mien_stack_destroy(r->stacks[i]);
	memset(r->stacks, 0, sizeof(r->stacks));
	world_destroy(r->world);
	r->world = NULL;
	left = mien_pool_in_use(r->pools->frames) + mien_pool_in_use(r->pools->views);
	if (left && o->wrong++ == 0)
		snprintf(o->first, sizeof(o->first), "%u mbufs were never freed", left);
}

static void
clean(struct run *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->stacks[i])
			mien_stack_destroy(r->stacks[i]);
	world_destroy(r->world);
	load_destroy(r->load);
	watch_destroy(r->watch);
	story_destroy(r->story);
	for (unsigned i = 0; i < r->n; i++)
		free(r->p[i]);
	free(r);
}

static void
play(struct run *r)
{
	uint64_t most = r->scene->most_ns ? r->scene->most_ns : MOST, start = world_now(r->world);
	int rc;

	load_begin(r->load);
	rc = world_run(r->world, start + most);
	r->out->virtual_ns = world_now(r->world) - start;
	if (rc != MIEN_OK)
		tell(r, NULL, "work without end while time stands still");
	else if (load_open(r->load) && !r->out->wrong && !r->scene->most_ns)
		tell(r, &(struct story_of){0, 0, 0, 0, r->begin, STORY_LINES},
			r->out->virtual_ns < most ? "connections are open, and nothing is due"
						  : "connections are open after 60 days");
	if (!load_open(r->load) && world_run(r->world, world_now(r->world) + DRAIN) != MIEN_OK)
		tell(r, NULL, "work without end after all connections have ended");
}

/* Plays it once. A story is kept for whoever wants to read it. */
static int
perform(const struct sim_scene *scene, struct sim_pools *pools, FILE *text, struct sim_outcome *out)
{
	struct run *r = calloc(1, sizeof(*r));
	uint64_t cpu = cpu_now();
	int rc;

	*out = (struct sim_outcome){.begin_ns = SECOND};
	if (!r)
		return MIEN_ENOMEM;
	r->scene = scene;
	r->pools = pools;
	r->out = out;
	r->n = scene->clients + scene->servers;
	r->begin = SECOND;
	r->dice.state = scene->seed ^ 0x73696d;
	r->dice = dice_split(&r->dice);
	r->text = text;
	rc = build_world(r);
	if (rc == MIEN_OK)
		rc = build_readers(r);
	if (rc == MIEN_OK) {
		world_jump(r->world, r->begin + uptime(r));
		r->begin = world_now(r->world);
		rc = plan_changes(r);
	}
	if (rc == MIEN_OK) {
		play(r);
		finish(r);
		out->cpu_ns = cpu_now() - cpu;
	}
	clean(r);
	return rc;
}

int
scene_run(const struct sim_scene *scene, struct sim_pools *pools, FILE *text, struct sim_outcome *out)
{
	struct sim_scene second = *scene;
	struct sim_outcome again;
	int rc = perform(scene, pools, NULL, out);

	if (rc != MIEN_OK || !out->wrong || !text)
		return rc;
	/* Nearly all scenes are right: the story of one that is not is had by playing it again. */
	second.capture = NULL;
	rc = perform(&second, pools, text, &again);
	if (rc == MIEN_OK && again.digest != out->digest)
		fprintf(text, "played again, it went otherwise: digest %016" PRIx64 ", not %016" PRIx64 "\n", again.digest, out->digest);
	return rc;
}
