/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Initial sequence numbers (RFC 9293 3.4.1): one generator for each enum mien_isn.
 *
 * The deck gives a peer that opens several connections within idle_ms five increments in turn: any five in a row hold
 * each once, so that rate and spread measured from them are always the same. Small ones are added, and the numbers go on
 * for thousands of connections. Large ones would soon lead to a number that the tuple had before, and then nothing tells
 * old segments from new ones: each is added or subtracted, as a lot says of those ways that come near no number again for
 * longest, and so long at most. Then a peer gets a number of RFC 6528, as at first, and for all that it opens too fast for a
 * scanner. The state stands in a table by (host, epoch, peer) that has room for one peer of every host; where a set of it
 * is full the oldest peer is forgotten.
 */
#include "tcp_rx.h"

#define DECK_SETS_MIN 1024
#define DECK_WAYS 4
#define DECK_CARDS 5
#define CARD_NS UINT64_C(100000000)
#define DECK_SMALL UINT32_C(0x1000000) /* all cards together */
#define DECK_LONG 64   /* connections at the pace of a scanner */
#define DECK_SCAN 16   /* of one scan: they get the deck, wherever it leads */
#define DECK_FAST 3    /* gaps too short for a scanner */
#define DECK_NEAR UINT32_C(0x100000)
#define TICK_NS 4000 /* RFC 6528 3: the clock ticks every 4 us */

struct isn_peer {
	struct mien_addr addr;
	uint64_t used_at; /* ns */
	uint32_t host, epoch;
	uint32_t last;
	uint8_t next; /* of the deck */
	uint8_t dealt, fast; /* cards since a number of RFC 6528; short gaps in a row */
	uint8_t added, lasts; /* bits of the cards that are added, not subtracted; so many may be dealt */
	bool live;
};

struct isn_peers {
	uint32_t sets; /* a power of two */
	struct isn_peer set[][DECK_WAYS];
};

static size_t
peers_size(uint32_t sets)
{
	return sizeof(struct isn_peers) + sets * sizeof(((struct isn_peers *)0)->set[0]);
}

int
isn_create(struct tcp *t)
{
	uint32_t sets = DECK_SETS_MIN;

	while ((uint64_t)sets * DECK_WAYS < t->limits.max_hosts)
		sets *= 2;
	t->isn_peers = t->mem.alloc(t->mem.ctx, peers_size(sets), CACHE_LINE);
	if (t->isn_peers)
		t->isn_peers->sets = sets;
	return t->isn_peers ? MIEN_OK : MIEN_ENOMEM;
}

void
isn_destroy(struct tcp *t)
{
	if (t->isn_peers)
		t->mem.free(t->mem.ctx, t->isn_peers, peers_size(t->isn_peers->sets));
	t->isn_peers = NULL;
}

static uint32_t
isn_rfc6528(const struct tcp *t, const struct tcp_host *host, const struct flow_key *key)
{
	uint64_t words[5];

	memcpy(words, key, sizeof(words));
	return (uint32_t)(t->env->now / TICK_NS) + (uint32_t)siphash24_5w(&host->key, words);
}

static uint32_t
isn_random(struct tcp_host *host, const struct flow_key *key)
{
	const uint64_t words[6] = {key->local.q[0], key->local.q[1], key->remote.q[0], key->remote.q[1],
		(uint64_t)key->lport << 16 | key->rport, (uint64_t)host->isn_count++ << 8 | 'r'};

	return (uint32_t)siphash_words(&host->key, words, 6, 2, 4);
}

static uint32_t
isn_clock(const struct tcp *t, const struct tcp_host *host, const struct mien_isn_rule *r)
{
	uint64_t ns = t->env->now - host->epoch_ns;

	return (uint32_t)(ns / 1000000000 * r->value + ns % 1000000000 * r->value / 1000000000);
}

/* -- the deck ---------------------------------------------------------------------------------------------- */

static bool
is_peer(const struct isn_peer *peer, const struct tcp_host *host, const struct mien_addr *addr)
{
	return peer->live && peer->host == host->index && peer->epoch == host->epoch &&
	       mien_addr_eq(&peer->addr, addr);
}

/* The peer's entry, or the one to give to it (then not live). */
static struct isn_peer *
peer_of(struct tcp *t, const struct tcp_host *host, const struct mien_addr *addr)
{
	const uint64_t words[3] = {addr->q[0], addr->q[1], (uint64_t)host->epoch << 32 | host->index};
	uint64_t hash = siphash_words(&t->hash_key, words, 3, 1, 3);
	struct isn_peer *set = t->isn_peers->set[hash & (t->isn_peers->sets - 1)];
	struct isn_peer *oldest = &set[0];

	for (unsigned i = 0; i < DECK_WAYS; i++) {
		if (is_peer(&set[i], host, addr))
			return &set[i];
		if (!set[i].live || (oldest->live && set[i].used_at < oldest->used_at))
			oldest = &set[i];
	}
	oldest->live = false;
	return oldest;
}

/* A card that is worth so much for each 100 ms since the last; a peer that comes at other times gets it whole. */
static uint32_t
timed_card(uint32_t card, uint64_t gap)
{
	if (gap < CARD_NS / 4 || gap > CARD_NS * 8)
		return card;
	return (uint32_t)((double)card * (double)gap / CARD_NS);
}

static bool
is_small(const struct mien_isn_rule *r, unsigned int cards)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < cards; i++)
		sum += r->deck[i];
	return sum < DECK_SMALL;
}

/* So many cards in a row come near no number again, whichever is the first. */
static unsigned int
lasts(const struct mien_isn_rule *r, unsigned int cards, unsigned int added)
{
	unsigned int least = DECK_LONG;

	for (unsigned int first = 0; first < cards; first++) {
		uint32_t way = 0;

		for (unsigned int i = 0, card = first; i < least; i++, card = card + 1 < cards ? card + 1 : 0) {
			way += added >> card & 1 ? r->deck[card] : 0 - r->deck[card];
			if (way + DECK_NEAR <= 2 * DECK_NEAR && r->deck[card] > DECK_NEAR)
				least = i;
		}
	}
	return least;
}

/* Numbers that follow the time are a clock's, which goes on. */
static void
choose_ways(struct tcp *t, struct isn_peer *peer, const struct mien_isn_rule *r, unsigned int cards)
{
	unsigned int all = (1u << cards) - 1, best = 0, by_lot = rng_below(&t->env->rng, all + 1);

	peer->added = (uint8_t)all;
	peer->lasts = DECK_LONG;
	for (unsigned int i = 0; i <= all && best < DECK_LONG && !r->timed; i++) {
		unsigned int ways = (by_lot + i) & all, n = lasts(r, cards, ways);

		if (n <= best)
			continue;
		best = n;
		peer->added = (uint8_t)ways;
		peer->lasts = (uint8_t)RTE_MAX(n, (unsigned int)DECK_SCAN);
	}
}

static void
deal_card(struct isn_peer *peer, const struct mien_isn_rule *r, unsigned int cards, uint64_t gap)
{
	uint32_t card = r->timed ? timed_card(r->deck[peer->next], gap) : r->deck[peer->next];

	peer->last += peer->added >> peer->next & 1 ? card : 0 - card;
	peer->next = (uint8_t)((peer->next + 1) % cards);
	peer->dealt += peer->dealt < DECK_LONG;
}

/* The peer's next number: its entry, that holds it now. */
static struct isn_peer *
deal(struct tcp *t, struct tcp_host *host, const struct mien_isn_rule *r, const struct flow_key *key)
{
	struct isn_peer *peer = peer_of(t, host, &key->remote);
	unsigned int cards = r->cards ? r->cards : DECK_CARDS;
	bool small = is_small(r, cards);
	uint64_t now = t->env->now, gap = now - peer->used_at;

	peer->fast = !peer->live || gap >= CARD_NS / 4 ? 0 : (uint8_t)RTE_MIN(peer->fast + 1, DECK_FAST);
	if (peer->live && gap <= r->idle_ms * NS_PER_MS && (small || (peer->fast < DECK_FAST && peer->dealt < peer->lasts))) {
		if (peer->dealt == 0 && !small) /* a peer that comes once, as a flood's do, is not worth it */
			choose_ways(t, peer, r, cards);
		deal_card(peer, r, cards, gap);
	} else {
		*peer = (struct isn_peer){.addr = key->remote, .host = host->index, .epoch = host->epoch,
			.next = (uint8_t)rng_below(&t->env->rng, cards), .added = UINT8_MAX, .lasts = DECK_LONG,
			.fast = peer->fast, .live = true, .last = isn_rfc6528(t, host, key)};
	}
	peer->used_at = now;
	return peer;
}

uint32_t
isn_restart(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key,
	uint32_t isn)
{
	if (p->tcp.isn.kind == MIEN_ISN_DECK)
		deal(t, host, &p->tcp.isn, key)->last = isn;
	return isn;
}

uint32_t
isn_make(struct tcp *t, struct tcp_host *host, const struct mien_personality *p, const struct flow_key *key)
{
	const struct mien_isn_rule *r = &p->tcp.isn;

	switch ((enum mien_isn)r->kind) {
	case MIEN_ISN_RANDOM:
		return isn_random(host, key);
	case MIEN_ISN_CONST:
		return r->value;
	case MIEN_ISN_STEP:
		return host->isn_last += r->value;
	case MIEN_ISN_CLOCK:
		return isn_clock(t, host, r);
	case MIEN_ISN_DECK:
		return deal(t, host, r, key)->last;
	default:
		return isn_rfc6528(t, host, key);
	}
}
