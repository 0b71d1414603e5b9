/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is known of peers that were asked for TCP Fast Open (RFC 7413 4.1.3): cookie, MSS, and whether it gets through.
 * A table of fixed size, in sets of a few; the one used longest ago of its set makes room.
 */
#include "fast_open.h"

#include <errno.h>

#include "tcp_rx.h"

#define WAYS 4
#define LOSSES_OFF 2				/* SYNs with data lost in a row, before no more are sent */
#define OFF_NS (60 * NS_PER_SECOND)	/* then for so long, */
#define OFF_DOUBLES 10				/* twice as long with each one more, as often as this */

int
fo_cache_create(struct tcp *t)
{
	uint32_t n = rte_align32pow2(RTE_MAX(t->limits.max_fast_open, (uint32_t)WAYS));

	t->fo_peers = t->mem.alloc(t->mem.ctx, n * sizeof(*t->fo_peers), CACHE_LINE);
	t->fo_peer_count = t->fo_peers ? n : 0;
	return t->fo_peers ? 0 : -ENOMEM;
}

void
fo_cache_destroy(struct tcp *t)
{
	if (t->fo_peers)
		t->mem.free(t->mem.ctx, t->fo_peers, t->fo_peer_count * sizeof(*t->fo_peers));
	t->fo_peers = NULL;
	t->fo_peer_count = 0;
}

void
fo_cache_forget(struct tcp *t)
{
	memset(t->fo_peers, 0, t->fo_peer_count * sizeof(*t->fo_peers));
}

static uint64_t
owner_of(const struct tcp_host *host)
{
	return (uint64_t)host->epoch << 32 | host->index;
}

static struct fo_peer *
set_of(const struct tcp *t, uint64_t owner, const struct mien_addr *remote)
{
	const uint64_t words[3] = {remote->q[0], remote->q[1], owner};

	return &t->fo_peers[siphash_words(&t->hash_key, words, 3, 1, 3) & (t->fo_peer_count - WAYS)];
}

struct fo_peer *
fo_cache_find(const struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote)
{
	uint64_t owner = owner_of(host);
	struct fo_peer *set = set_of(t, owner, remote);

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].owner == owner && mien_addr_eq(&set[i].remote, remote))
			return &set[i];
	return NULL;
}

struct fo_peer *
fo_cache_get(struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote)
{
	uint64_t owner = owner_of(host);
	struct fo_peer *peer = fo_cache_find(t, host, remote), *set = set_of(t, owner, remote);

	if (!peer) {
		peer = set;
		for (unsigned i = 1; i < WAYS; i++)
			if (set[i].used_at < peer->used_at)
				peer = &set[i];
		*peer = (struct fo_peer){.owner = owner, .remote = *remote};
	}
	peer->used_at = t->env->now;
	return peer;
}

bool
fo_peer_is_off(const struct tcp *t, const struct fo_peer *peer)
{
	return t->env->now < peer->off_until;
}

/* Something on the way swallows such SYNs (RFC 7413 4.1.3.1), it seems, or the peer does. */
void
fo_peer_lost(struct tcp *t, struct fo_peer *peer)
{
	unsigned more;

	peer->losses = (uint8_t)RTE_MIN(peer->losses + 1u, LOSSES_OFF + OFF_DOUBLES);
	if (peer->losses < LOSSES_OFF)
		return;
	more = peer->losses - LOSSES_OFF;
	peer->off_until = t->env->now + (OFF_NS << more);
	t->env->counters.tcp_fast_open_blackholes++;
}
