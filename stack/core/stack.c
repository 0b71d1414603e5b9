/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack's creation and end. */
#include "stack.h"

#include "rng.h"

#include "banned.h"

void
mien_stack_config_init(struct mien_stack_config *c)
{
	*c = (struct mien_stack_config){
		.size = sizeof(*c),
		.max_conns = 65536,
		.max_time_wait = 65536,
		.max_hosts = 256,
		.max_listeners = 1024,
		.max_udp = 256,
		.max_neighbours = 4096,
		.max_fragments = 1024,
		.max_fragment_bytes = 4u << 20,
		.max_reassembly_bytes = 16u << 20,
		.max_fast_open = 1024,
		.sndbuf = 512u << 10,
		.max_answers = 100000,
		.mtu = 1500,
		.mac = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01},
		.log_level = MIEN_LOG_INFO,
	};
}

/* Limits that were set to 0 take their default. */
static struct mien_stack_config
with_defaults(const struct mien_stack_config *given)
{
	struct mien_stack_config d, c = *given;

	mien_stack_config_init(&d);
#define OR_DEFAULT(member) c.member = c.member ? c.member : d.member
	OR_DEFAULT(max_conns);
	OR_DEFAULT(max_time_wait);
	OR_DEFAULT(max_hosts);
	OR_DEFAULT(max_listeners);
	OR_DEFAULT(max_udp);
	OR_DEFAULT(max_neighbours);
	OR_DEFAULT(max_fragments);
	OR_DEFAULT(max_fragment_bytes);
	OR_DEFAULT(max_reassembly_bytes);
	OR_DEFAULT(max_fast_open);
	OR_DEFAULT(sndbuf);
	OR_DEFAULT(max_answers);
	OR_DEFAULT(mtu);
	OR_DEFAULT(indirect_pool);
#undef OR_DEFAULT
	if (!c.indirect_pool)
		c.indirect_pool = c.pool;
	if (!c.max_half_open)
		c.max_half_open = RTE_MAX(c.max_conns / 4, 1u);
	if (!c.max_orphans)
		c.max_orphans = RTE_MAX(c.max_conns / 2, 1u);
	if (!c.max_fragment_source_bytes)
		c.max_fragment_source_bytes = c.max_fragment_bytes / 4;
	return c;
}

static bool
config_valid(const struct mien_stack_config *c)
{
	return c->size == sizeof(*c) && c->pool && c->mtu >= 576 && c->vlan < 4095 &&
	       c->max_conns < 1u << 30 && c->max_time_wait < 1u << 30 && c->max_fast_open < 1u << 30 && !(c->mac[0] & 1) &&
	       rte_pktmbuf_priv_size(c->pool) >= MIEN_MBUF_PRIV_SIZE;
}

static void
env_init(struct env *env, const struct mien_stack_config *c)
{
	env->now = c->now;
	rng_seed(&env->rng, c->seed);
	wheel_init(&env->wheel, c->now, WHEEL_TICK_MS);
	env->pool = c->pool;
	env->indirect = c->indirect_pool;
	if (c->indirect_pool != c->pool && rte_pktmbuf_priv_size(c->indirect_pool) == MIEN_MBUF_PRIV_SIZE)
		env->small_room = RTE_MIN(rte_pktmbuf_data_room_size(c->indirect_pool), MIEN_COPY_BREAK);
	/* A port keeps its share of the pool in its rings; what is left must not all stand in queues. */
	env->hold_send = c->pool->size / 2;
	env->hold_recv = c->pool->size / 8 * 5;
	env->hold_pressure = c->pool->size / 8 * 3;
	env->hold_fragments = RTE_MAX(c->pool->size / 8, 1u);
	env->hold_neighbours = RTE_MAX(c->pool->size / 16, 1u);
	env->answers_per_second = c->max_answers;
	env->tx_offloads = c->tx_offloads;
	env->mtu = c->mtu;
	env->headroom = ENV_HEADROOM;
	memcpy(env->secret, c->secret, sizeof(env->secret));
	env->log = c->log;
	env->log_ctx = c->log_ctx;
	env->log_level = (uint8_t)c->log_level;
}

static int
rooms_create(struct mien_stack *st, const struct mien_stack_config *c)
{
	const struct tcp_limits tcp_limits = {
		.max_conns = c->max_conns,
		.max_time_wait = c->max_time_wait,
		.max_listeners = c->max_listeners,
		.max_hosts = c->max_hosts,
		.max_reassembly_bytes = c->max_reassembly_bytes,
		.sndbuf = c->sndbuf,
		.max_fast_open = c->max_fast_open,
		.max_half_open = c->max_half_open,
		.max_orphans = c->max_orphans,
		.max_reassembly_mbufs = RTE_MAX(c->pool->size / 4, 1u),
	};
	struct net_limits net_limits = {
		.max_hosts = c->max_hosts,
		.max_udp = c->max_udp,
		.max_neighbours = c->max_neighbours,
		.max_fragments = c->max_fragments,
		.max_fragment_bytes = c->max_fragment_bytes,
		.max_source_bytes = c->max_fragment_source_bytes,
		.vlan = c->vlan,
	};
	int err;

	memcpy(net_limits.mac, c->mac, 6);
	err = tcp_create(&st->tcp, &st->env, &tcp_limits, &st->mem);
	if (err != MIEN_OK)
		return err;
	err = net_create(&st->net, &st->env, &st->tcp, &net_limits, &st->mem);
	if (err != MIEN_OK)
		tcp_destroy(&st->tcp);
	return err;
}

int
mien_stack_create(const struct mien_stack_config *config, struct mien_stack **out)
{
	struct mien_stack_config c;
	struct mem_ops mem = mem_pages;
	struct mien_stack *st;
	int err;

	if (!config || config->size != sizeof(*config) || !out)
		return MIEN_EINVAL;
	c = with_defaults(config);
	if (!config_valid(&c))
		return MIEN_EINVAL;
	if (c.mem.alloc)
		mem = (struct mem_ops){.alloc = c.mem.alloc, .free = c.mem.free, .ctx = c.mem.ctx};
	st = mem.alloc(mem.ctx, sizeof(*st), 64);
	if (!st)
		return MIEN_ENOMEM;
	st->mem = mem;
	env_init(&st->env, &c);
	err = rooms_create(st, &c);
	if (err != MIEN_OK) {
		mem.free(mem.ctx, st, sizeof(*st));
		return err;
	}
	*out = st;
	return MIEN_OK;
}

void
mien_stack_destroy(struct mien_stack *st)
{
	struct mem_ops mem;

	if (!st)
		return;
	mem = st->mem;
	net_destroy(&st->net);
	tcp_destroy(&st->tcp);
	mem.free(mem.ctx, st, sizeof(*st));
}

int
mien_stack_set_gateway(struct mien_stack *st, const struct mien_addr *gateway)
{
	return net_set_gateway(&st->net, gateway);
}

int
mien_stack_add_neighbour(struct mien_stack *st, const struct mien_addr *addr, const uint8_t mac[6])
{
	return net_add_neighbour(&st->net, addr, mac);
}

uint32_t
mien_stack_personality_users(const struct mien_stack *st, const struct mien_personality *p)
{
	return worn_users(&st->tcp, p);
}
