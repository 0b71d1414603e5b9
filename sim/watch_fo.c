/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP Fast Open: RFC 7413. Of cookies it is known who gave them to whom and with which of its keys; how they are made is
 * nobody's business but the host's.
 */
#include <stdlib.h>
#include <string.h>

#include <mien/tcp.h>

#include "watch_priv.h"

#define MSS_DEFAULT 536u

/* NULL: there is no memory. */
static struct watch_friend *
friend_of(struct watch *w, unsigned host, uint32_t peer)
{
	struct watch_friend *list = w->friends;

	for (uint32_t i = 0; i < w->n_friends; i++)
		if (list[i].host == host && list[i].peer == peer)
			return &list[i];
	list = realloc(list, (w->n_friends + 1) * sizeof(*list));
	if (!list)
		return NULL;
	w->friends = list;
	list[w->n_friends] = (struct watch_friend){.peer = peer, .host = (uint16_t)host};
	return &list[w->n_friends++];
}

static const struct watch_cookie *
cookie_in(const struct watch_cookie *list, uint32_t n, const uint8_t *bytes, uint8_t len)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i].len == len && memcmp(list[i].bytes, bytes, len) == 0)
			return &list[i];
	return NULL;
}

static const struct watch_cookie *
gave_in(const struct watch_friend *peer, const uint8_t *bytes, uint8_t len)
{
	return cookie_in(peer->gave, peer->gave_n < WATCH_COOKIES ? peer->gave_n : WATCH_COOKIES, bytes, len);
}

static struct watch_cookie
cookie_of(uint32_t key, const struct seg *s)
{
	struct watch_cookie c = {.key = key, .len = s->fo_len};

	memcpy(c.bytes, s->fo, s->fo_len);
	return c;
}

static void
keep_given(struct watch_friend *peer, uint32_t key, const struct seg *s)
{
	peer->gave[peer->gave_n++ % WATCH_COOKIES] = cookie_of(key, s);
	peer->gave_n = peer->gave_n < 2 * WATCH_COOKIES ? peer->gave_n : peer->gave_n - WATCH_COOKIES;
}

/* It comes to the front; used: it is not let go until another one is. */
static void
keep_got(struct watch_friend *peer, const struct seg *s, bool used)
{
	struct watch_cookie c = cookie_of(used, s);
	const struct watch_cookie *had = cookie_in(peer->got, peer->got_n, s->fo, s->fo_len);
	uint32_t i = had ? (uint32_t)(had - peer->got) : peer->got_n;

	if (!had && peer->got_n < WATCH_COOKIES_GOT)
		peer->got_n++;
	else if (!had)
		i = peer->got[WATCH_COOKIES_GOT - 1].key ? WATCH_COOKIES_GOT - 2 : WATCH_COOKIES_GOT - 1;
	if (had && had->key)
		c.key = 1;
	for (uint32_t k = 0; used && k < peer->got_n; k++)
		peer->got[k].key = 0;
	memmove(peer->got + 1, peer->got, i * sizeof(c));
	peer->got[0] = c;
}

void
watch_key(struct watch *w, unsigned host, bool keeps_last)
{
	w->hosts[host].fo_key += keeps_last ? 1 : 2;
	w->hosts[host].renewals += !keeps_last;
}

void
watch_forgot(struct watch *w, unsigned host)
{
	for (uint32_t i = 0; i < w->n_friends; i++)
		if (w->friends[i].host == host)
			w->friends[i].got_n = w->friends[i].mss = 0;
}

/* -- who connects ------------------------------------------------------------------------------------------- */

/* 4.2.1: data needs a cookie that this peer gave, and is no more than its MSS. slept: it may have been made in a sleep. */
static void
check_data(struct watch *w, struct watch_flow *f, const struct seg *s, const struct watch_friend *peer, bool slept)
{
	uint32_t mss = peer && peer->mss ? peer->mss : MSS_DEFAULT, floor = watch_rule_of(w, f)->mss_floor;
	bool trusts = w->hosts[f->host].fo_client == MIEN_FAST_OPEN_NO_COOKIE, fresh = peer && peer->mss_at == w->now;
	bool unknown = !peer || !peer->mss || (fresh && !peer->mss_before);

	if (fresh && peer->mss_before > mss) /* what was just heard may not have been looked at */
		mss = peer->mss_before;
	w->stats.bytes += s->len;
	if (!s->fo_len && !trusts)
		watch_fail(w, f, WATCH_FAST_OPEN, "a SYN with %u bytes and no cookie", s->len);
	/*
	 * Whom nothing was heard of yet may be sent what the own MSS allows, between hosts that trust each other. What was made
	 * in a sleep knows what was forgotten since, and nothing of what is heard at its end.
	 */
	if (slept || (trusts && unknown))
		mss = s->options & SEG_O_MSS && s->mss > mss ? s->mss : mss;
	mss = mss > floor ? mss : floor;
	if (s->len + s->hdr_len - 20u > mss)
		watch_fail(w, f, WATCH_MSS, "a SYN with %u bytes and %u of options, the MSS is %u", s->len, s->hdr_len - 20u, mss);
}

void
watch_fo_syn(struct watch *w, struct watch_flow *f, const struct seg *s, bool again)
{
	const struct watch_host *host = &w->hosts[f->host];
	struct watch_friend *peer;
	bool slept = host->woke_at == w->now;

	if (again && f->mine.len && !s->len)
		w->stats.habits[WATCH_H_FO_AGAIN]++;
	if (!s->len && !(s->options & SEG_O_FO))
		return;
	if (!host->fo_client) {
		watch_fail(w, f, WATCH_FAST_OPEN, "a SYN with data or a cookie, and nobody asked for it");
		return;
	}
	if (again)
		watch_fail(w, f, WATCH_FAST_OPEN, "a SYN that is sent again with data or a cookie");
	if (s->options & SEG_O_FO && host->fo_client == MIEN_FAST_OPEN_NO_COOKIE)
		watch_fail(w, f, WATCH_FAST_OPEN, "a cookie to somebody who is trusted");
	peer = friend_of(w, f->host, f->peer);
	/* One that was made in a sleep, and forgotten since, goes out at its end. */
	if (s->fo_len && !slept && !(peer && cookie_in(peer->got, peer->got_n, s->fo, s->fo_len)))
		watch_fail(w, f, WATCH_FAST_OPEN, "a cookie that the peer did not give");
	else if (s->fo_len && !slept)
		keep_got(peer, s, true);
	if (s->len)
		check_data(w, f, s, peer, slept);
	w->stats.habits[WATCH_H_FO_ASKED] += s->options & SEG_O_FO && !s->fo_len;
}

/* What is left out of the SYN's data goes again at once (4.2.1), if there is a window for it. */
void
watch_fo_answer(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	struct watch_friend *peer = friend_of(w, f->host, f->peer);

	f->acked += s->ack - f->iss - 1;
	f->peer_edge = s->ack + s->window;
	f->closed = !s->window;
	if (f->snd_una != f->snd_max && s->window && !w->hosts[f->host].arp)
		f->fo_due = w->now;
	if (!peer)
		return;
	if (peer->mss_at != w->now)
		peer->mss_before = peer->mss;
	peer->mss_at = w->now;
	peer->mss = f->peer_mss;
	if (s->fo_len && f->fo_asked)
		keep_got(peer, s, false);
}

void
watch_fo_bytes(struct watch *w, struct watch_flow *f, const struct seg *s)
{
	if (seg_after(s->seq, f->snd_una))
		watch_fail(w, f, WATCH_FAST_OPEN, "bytes at %u before those at %u that the SYN-ACK left out", s->seq - f->iss,
			f->snd_una - f->iss);
	else if (w->now > f->fo_due)
		watch_fail(w, f, WATCH_FAST_OPEN, "what the SYN-ACK left out of the SYN goes again %llu us later",
			(unsigned long long)((w->now - f->fo_due) / 1000));
	f->fo_due = 0;
}

/* -- who listens -------------------------------------------------------------------------------------------- */

bool
watch_fo_acks(const struct watch_flow *f, uint32_t ack)
{
	return !seg_after(f->offer.seq + 1, ack) && !seg_after(ack, f->offer.seq + 1 + f->offer.len);
}

/* 4.1.2: to whom asks or has a wrong one, always the same for one key and peer, never the same for another peer. */
static void
check_given(struct watch *w, struct watch_flow *f, const struct seg *s, struct watch_friend *peer)
{
	const struct watch_host *host = &w->hosts[f->host];
	const struct watch_cookie *last = peer && peer->gave_n ? &peer->gave[(peer->gave_n - 1) % WATCH_COOKIES] : NULL;

	if (!(f->offer.options & SEG_O_FO) || (f->offer.options ^ s->options) & SEG_O_FO_EXP)
		watch_fail(w, f, WATCH_FAST_OPEN, "a cookie for a SYN that did not ask");
	if (host->fo_server != MIEN_FAST_OPEN_ON || s->fo_len != host->fo_cookie)
		watch_fail(w, f, WATCH_FAST_OPEN, "a cookie of %u bytes, where they have %u", s->fo_len,
			host->fo_server == MIEN_FAST_OPEN_ON ? host->fo_cookie : 0u);
	for (uint32_t i = 0; i < w->n_friends && s->fo_len >= 8; i++)
		if (w->friends[i].host == f->host && w->friends[i].peer != f->peer &&
			gave_in(&w->friends[i], s->fo, s->fo_len))
			watch_fail(w, f, WATCH_FAST_OPEN, "a cookie that another peer has");
	if (last && last->key == host->fo_key && (last->len != s->fo_len || memcmp(last->bytes, s->fo, s->fo_len) != 0))
		watch_fail(w, f, WATCH_FAST_OPEN, "another cookie, and the key is the same");
	else if (peer && !(last && last->key == host->fo_key))
		keep_given(peer, host->fo_key, s);
}

/* 4.2.2: data of a SYN with a cookie that is good, and all that the window has room for; or none. */
static void
check_taken(struct watch *w, struct watch_flow *f, const struct seg *s, const struct watch_cookie *cookie)
{
	uint64_t *habits = w->stats.habits;
	const struct watch_host *host = &w->hosts[f->host];
	uint32_t taken = s->ack - f->irs - 1;
	bool good = cookie && host->fo_key - cookie->key <= 1;

	habits[WATCH_H_FO_WRONG] += f->offer.fo_len && !good;
	habits[WATCH_H_FO_REFUSED] += f->offer.len && !taken;
	if (!taken)
		return;
	habits[WATCH_H_FO_TAKEN]++;
	habits[WATCH_H_FO_OLD] += good && cookie->key != host->fo_key;
	habits[WATCH_H_FO_PART] += taken < f->offer.len;
	if (!host->fo_server)
		watch_fail(w, f, WATCH_FAST_OPEN, "data of a SYN was taken, and nobody asked for it");
	else if (!good && host->fo_server != MIEN_FAST_OPEN_NO_COOKIE)
		watch_fail(w, f, WATCH_FAST_OPEN, "data of a SYN was taken %s",
			cookie ? "with the cookie of an old key" : f->offer.fo_len ? "with a wrong cookie" : "without a cookie");
	if (taken < f->offer.len && taken != s->window)
		watch_fail(w, f, WATCH_FAST_OPEN, "%u of %u bytes were taken, the window is %u", taken, f->offer.len, s->window);
}

void
watch_fo_accept(struct watch *w, struct watch_flow *f, const struct seg *s, bool twice)
{
	struct watch_friend *peer = NULL;
	const struct watch_cookie *cookie = NULL;

	if (!f->offer.len && !(f->offer.options & SEG_O_FO) && !(s->options & SEG_O_FO))
		return;
	if (w->hosts[f->host].fo_server)
		peer = friend_of(w, f->host, f->peer);
	if (peer && f->offer.fo_len)
		cookie = gave_in(peer, f->offer.fo, f->offer.fo_len);
	check_taken(w, f, s, cookie);
	if (s->options & SEG_O_FO)
		check_given(w, f, s, peer);
	if (s->ack == f->irs + 1)
		return;
	f->fo_taken = true;
	w->stats.habits[WATCH_H_FO_TWICE] += twice;
	f->rcv_nxt = f->last_ack = s->ack;
	f->edge = s->ack + s->window;
}
