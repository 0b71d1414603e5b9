/* SPDX-License-Identifier: BSD-3-Clause */
#include "segment_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "tcp_opt.h"

static bool
read_flags(const char **s, uint8_t *flags)
{
	static const char letters[] = "FSRP.UEW";

	*flags = 0;
	for (; **s && **s != ' '; (*s)++) {
		const char *at = **s == '-' ? NULL : strchr(letters, **s);

		if (at)
			*flags |= (uint8_t)(1u << (at - letters));
		else if (**s != '-')
			return false;
	}
	return true;
}

/* A number behind a word, as " ack 5"; the default without it. */
static uint32_t
read_word(const char *s, const char *word, uint32_t otherwise)
{
	const char *end = strchr(s, '<'), *at = strstr(s, word);

	if (!at || (end && at > end))
		return otherwise;
	return (uint32_t)strtoul(at + strlen(word), NULL, 10);
}

static uint8_t *
put_sack(uint8_t *p, const char *item, uint32_t base)
{
	struct tcp_sack_block b[TCP_SACK_MAX];
	unsigned int n = 0;
	char *end = NULL;

	for (const char *s = item + 5; n < TCP_SACK_MAX; s = end) {
		b[n].left = (uint32_t)strtoul(s, &end, 10);
		if (end == s || *end != ':')
			break;
		b[n].right = (uint32_t)strtoul(end + 1, &end, 10);
		b[n].left += base;
		b[n].right += base;
		n++;
	}
	return n ? tcp_opt_put_sack(p, b, n) : NULL;
}

static uint8_t *
put_hex(uint8_t *p, const char *s)
{
	unsigned int byte;

	for (; sscanf(s, "%2x", &byte) == 1; s += 2)
		*p++ = (uint8_t)byte;
	return p;
}

/* A Fast Open cookie in hexadecimal, or none. */
static uint8_t *
put_cookie(uint8_t *p, const char *s, bool exp)
{
	uint8_t cookie[64];
	uint8_t len = (uint8_t)(put_hex(cookie, s) - cookie);

	return exp ? tcp_opt_put_tfo_exp(p, cookie, len) : tcp_opt_put_tfo(p, cookie, len);
}

static uint8_t *
put_option(uint8_t *p, const char *item, uint32_t base)
{
	unsigned int a = 0, b = 0;

	if (strcmp(item, "nop") == 0)
		return tcp_opt_put_nop(p);
	if (strcmp(item, "eol") == 0)
		return tcp_opt_put_eol(p);
	if (strcmp(item, "sackOK") == 0)
		return tcp_opt_put_sackok(p);
	if (sscanf(item, "mss %u", &a) == 1)
		return tcp_opt_put_mss(p, (uint16_t)a);
	if (sscanf(item, "wscale %u", &a) == 1)
		return tcp_opt_put_ws(p, (uint8_t)a);
	if (sscanf(item, "TS val %u ecr %u", &a, &b) == 2)
		return tcp_opt_put_ts(p, a, b);
	if (strncmp(item, "sack ", 5) == 0)
		return put_sack(p, item, base);
	if (strncmp(item, "FOEXP", 5) == 0)
		return put_cookie(p, item[5] ? item + 6 : item + 5, true);
	if (strncmp(item, "FO", 2) == 0)
		return put_cookie(p, item[2] ? item + 3 : item + 2, false);
	if (strncmp(item, "x ", 2) == 0)
		return put_hex(p, item + 2);
	return NULL;
}

static bool
read_options(struct segment_text *out, const char *s, uint32_t base)
{
	char text[512], *save = NULL;
	uint8_t *p = out->options;

	snprintf(text, sizeof(text), "%s", s + 1);
	text[strcspn(text, ">")] = '\0';
	for (char *item = strtok_r(text, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		p = put_option(p, item, base);
		if (!p || p > out->options + sizeof(out->options))
			return false;
	}
	while ((p - out->options) % 4)
		*p++ = TCPOPT_EOL;
	out->hdr.opt_len = (uint8_t)(p - out->options);
	return true;
}

bool
segment_text_read(struct segment_text *out, const char *text, uint32_t sack_base)
{
	const char *s = text, *options;
	unsigned int seq, end, len;

	memset(out, 0, sizeof(*out));
	if (!read_flags(&s, &out->hdr.flags) || sscanf(s, " %u:%u(%u)", &seq, &end, &len) != 3)
		return false;
	out->hdr.seq = seq;
	out->len = len;
	out->hdr.ack = read_word(s, " ack ", 0);
	out->hdr.window = (uint16_t)read_word(s, " win ", 65535);
	out->hdr.urp = (uint16_t)read_word(s, " urg ", 0);
	out->hdr.opts = out->options;
	options = strchr(s, '<');
	return end - seq == len && (!options || read_options(out, options, sack_base));
}
