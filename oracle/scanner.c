/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanner.h"

#include "nmap_probe.h"
#include "octets.h"

#define ZMAP_ID 54321

const char *
scanner_name(enum scanner s)
{
	static const char *const names[SCANNERS] = {
		[SCANNER_NMAP_PORTS] = "nmap SYN scan",
		[SCANNER_NMAP_OS] = "nmap OS detection",
		[SCANNER_ZMAP] = "zmap",
		[SCANNER_MASSCAN] = "masscan",
		[SCANNER_HPING] = "hping",
		[SCANNER_SENDSYN] = "p0f-sendsyn",
	};

	return s > SCANNER_NONE && s < SCANNERS ? names[s] : "none";
}

/* A SYN whose only option, if any, is an MSS of 1460. */
static bool
is_bare(const struct observed *o)
{
	const uint8_t *mss = opt_find(o->opts, o->opt_len, 2, 4);

	return o->opt_len == 0 || (o->opt_len == 4 && mss && octets_get16(mss) == 1460);
}

static enum scanner
recognise_syn(const struct observed *o)
{
	const uint8_t *mss = opt_find(o->opts, o->opt_len, 2, 4);

	if (o->window == 1337 && mss && octets_get16(mss) == 1331)
		return SCANNER_SENDSYN;
	if (o->df || !is_bare(o))
		return SCANNER_NONE;
	if (o->ip_id == ZMAP_ID && o->window == 65535)
		return SCANNER_ZMAP;
	/* nmap begins between 37 and 59, masscan at 255. */
	if (o->window == 1024 && o->ttl > 64)
		return SCANNER_MASSCAN;
	if (o->opt_len == 4 && o->ttl < 60 && o->window && o->window <= 4096 && o->window % 1024 == 0)
		return SCANNER_NMAP_PORTS;
	if (o->window == 1024 && o->opt_len == 0)
		return SCANNER_MASSCAN;
	return o->window == 512 && o->opt_len == 0 && o->ttl <= 64 ? SCANNER_HPING : SCANNER_NONE;
}

enum scanner
scanner_recognise(const struct observed *o)
{
	if (nmap_probe_resembles(o))
		return SCANNER_NMAP_OS;
	if (o->kind != OBSERVED_TCP)
		return SCANNER_NONE;
	if (o->flags == FLAG_SYN)
		return recognise_syn(o);
	/* Without any flag, as hping does when it is told nothing. */
	return o->flags == 0 && o->window == 512 && o->opt_len == 0 && !o->df ? SCANNER_HPING : SCANNER_NONE;
}
