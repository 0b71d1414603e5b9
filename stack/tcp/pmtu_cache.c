/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What connections to one destination know of its path MTU together, and what datagrams learn of it. A connection
 * believes what quotes bytes in flight (RFC 5927 7); a datagram quotes nothing that a stranger could not guess, so that
 * what it learns is for datagrams alone, and drives out nothing else.
 */
#include "send_parts.h"

#define SETS 256 /* a power of two */
#define WAYS 4

enum source { BY_SEGMENTS, BY_DATAGRAMS, SOURCES };

struct pmtu_cache {
	struct pmtu_known set[SOURCES][SETS][WAYS];
	uint64_t latest; /* ns: until then something is known */
};

int
pmtu_create(struct tcp *t)
{
	t->pmtus = t->mem.alloc(t->mem.ctx, sizeof(*t->pmtus), CACHE_LINE);
	if (t->pmtus)
		memset(t->pmtus, 0, sizeof(*t->pmtus));
	return t->pmtus ? MIEN_OK : MIEN_ENOMEM;
}

void
pmtu_destroy(struct tcp *t)
{
	if (t->pmtus)
		t->mem.free(t->mem.ctx, t->pmtus, sizeof(*t->pmtus));
	t->pmtus = NULL;
}

static struct pmtu_known *
set_of(const struct tcp *t, enum source by, const struct tcp_host *host, const struct mien_addr *remote)
{
	const uint64_t words[3] = {remote->q[0], remote->q[1], (uint64_t)host->epoch << 32 | host->index};

	return t->pmtus->set[by][siphash_words(&t->hash_key, words, 3, 1, 3) & (SETS - 1)];
}

/* The entry, or NULL; *oldest: the one to write over. */
static struct pmtu_known *
find(const struct tcp *t, enum source by, const struct tcp_host *host, const struct mien_addr *remote,
	struct pmtu_known **oldest)
{
	struct pmtu_known *set = set_of(t, by, host, remote);

	*oldest = set;
	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].until && set[i].host == host->index && set[i].epoch == host->epoch &&
			mien_addr_eq(&set[i].remote, remote))
			return &set[i];
		if (set[i].until < (*oldest)->until)
			*oldest = &set[i];
	}
	return NULL;
}

static void
remember(struct tcp *t, enum source by, const struct tcp_host *host, const struct mien_addr *remote, uint16_t mtu, uint64_t until)
{
	struct pmtu_known *oldest, *k = find(t, by, host, remote, &oldest);

	*(k ? k : oldest) = (struct pmtu_known){
		.remote = *remote, .until = until, .host = host->index, .epoch = host->epoch, .mtu = mtu};
	t->pmtus->latest = RTE_MAX(t->pmtus->latest, until);
}

static const struct pmtu_known *
still_known(const struct tcp *t, enum source by, const struct tcp_host *host, const struct mien_addr *remote)
{
	struct pmtu_known *oldest;
	const struct pmtu_known *k = find(t, by, host, remote, &oldest);

	return k && k->until > t->env->now ? k : NULL;
}

uint64_t
pmtu_expiry(const struct tcp *t, const struct mien_personality *p)
{
	return p->tcp.pmtu_expire_ms ? t->env->now + p->tcp.pmtu_expire_ms * NS_PER_MS : WHEEL_NEVER;
}

/* RFC 1191 7.1: the next plateau where the router did not tell its MTU. */
static uint16_t
plateau_below(uint16_t mtu)
{
	static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

	for (unsigned int i = 0; i < RTE_DIM(plateaus); i++)
		if (plateaus[i] < mtu)
			return plateaus[i];
	return 68;
}

uint16_t
pmtu_meant(const struct mien_personality *p, uint16_t told, uint16_t len)
{
	return RTE_MAX(told ? told : plateau_below(len), p->tcp.pmtu_floor);
}

void
pmtu_remember(struct tcp *t, const struct tcb *tcb, uint16_t mtu)
{
	remember(t, BY_SEGMENTS, tcb->host, &tcb->key.remote, mtu, pmtu_expiry(t, tcb->p));
}

const struct pmtu_known *
pmtu_known(const struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote)
{
	return still_known(t, BY_SEGMENTS, host, remote);
}

uint16_t
pmtu_to(const struct tcp *t, const struct tcp_host *host, const struct mien_personality *p, const struct mien_addr *remote)
{
	const struct pmtu_known *k = pmtu_known(t, host, remote);
	uint16_t mtu = p->tcp.pmtu_initial ? RTE_MIN(p->tcp.pmtu_initial, t->env->mtu) : t->env->mtu;

	return k ? RTE_MIN(k->mtu, mtu) : mtu;
}

/* -- datagrams ---------------------------------------------------------------------------------------------- */

bool
tcp_datagram_too_large(struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote, uint16_t told, uint16_t len)
{
	uint16_t mtu = pmtu_meant(host->p, told, len);

	if (mtu >= len || mtu >= tcp_datagram_mtu(t, host, remote))
		return false;
	remember(t, BY_DATAGRAMS, host, remote, mtu, pmtu_expiry(t, host->p));
	return true;
}

uint16_t
tcp_datagram_mtu(const struct tcp *t, const struct tcp_host *host, const struct mien_addr *remote)
{
	uint16_t mtu = t->env->mtu;

	if (__builtin_expect(t->pmtus->latest <= t->env->now, 1))
		return mtu;
	for (unsigned int by = 0; by < SOURCES; by++) {
		const struct pmtu_known *k = still_known(t, (enum source)by, host, remote);

		if (k)
			mtu = RTE_MIN(mtu, k->mtu);
	}
	return mtu;
}
