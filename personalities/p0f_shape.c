/* SPDX-License-Identifier: BSD-3-Clause */
/* One concrete segment for a signature: what it leaves open is chosen so that no other entry of its file fits. */
#include "p0f_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MSS_NAMED 100 /* below this MSS p0f takes no window for a multiple of it */

int
shape_fail(const struct p0f_writer *w, const struct mien_signature_entry *e, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	profile_fail(w->err, MIEN_EINVAL, w->set->file, NULL, "%s", text);
	if (w->err != NULL)
		w->err->line = e->line;
	return MIEN_EINVAL;
}

void
shape_took(const struct p0f_writer *w, const struct shape *shape, const char *format, ...)
{
	char text[160];
	va_list args;

	if (w->report == NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(w->report, "took %s.%s\n", shape_word(shape), text);
}

bool
has_option(const struct mien_signature *s, uint8_t kind)
{
	return memchr(s->options, kind, s->n_options) != NULL;
}

unsigned int
signature_offers(const struct mien_signature *s)
{
	return (has_option(s, OPT_SOK) ? MIEN_NEG_SACK : 0) | (has_option(s, OPT_WS) ? MIEN_NEG_WSCALE : 0) |
	       (has_option(s, OPT_TS) ? MIEN_NEG_TS : 0);
}

/* -- what cannot be --------------------------------------------------------------------------------------------- */

/* Quirks that exclude or need others. */
static const struct {
	uint32_t quirk;
	uint32_t with, without; /* others */
	const char *why;
} rules[] = {
	{MIEN_QUIRK_ID, MIEN_QUIRK_DF, 0, "id+ is an identification in spite of df: write df,id+"},
	{MIEN_QUIRK_NO_ID, 0, MIEN_QUIRK_DF, "id- is no identification without df: leave one of them out"},
	{MIEN_QUIRK_URGENT, 0, MIEN_QUIRK_URG, "uptr+ is a pointer without the flag of urgf+: leave one of them out"},
};

static int
check_quirks(const struct p0f_writer *w, const struct mien_signature_entry *e)
{
	const struct mien_signature *s = &e->signature;
	const uint32_t of_syn = MIEN_QUIRK_ACK | MIEN_QUIRK_ECHO;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (s->quirks & rules[i].quirk &&
			((s->quirks & rules[i].with) != rules[i].with || s->quirks & rules[i].without))
			return shape_fail(w, e, "%s", rules[i].why);
	if (e->response && s->quirks & of_syn)
		return shape_fail(w, e, "ack+ and ts2+ are quirks of SYNs, and this is a SYN-ACK's");
	if (!e->response && s->quirks & MIEN_QUIRK_NO_ACK)
		return shape_fail(w, e, "ack- is a quirk of SYN-ACKs, and this is a SYN's");
	if (s->quirks & (MIEN_QUIRK_NO_TS | MIEN_QUIRK_ECHO) && !has_option(s, OPT_TS))
		return shape_fail(w, e, "ts1- and ts2+ are about timestamps: there is no ts among the options");
	if (s->quirks & MIEN_QUIRK_PADDING && s->eol_pad == 0)
		return shape_fail(w, e, "opt+ is something behind the end: the options end in no eol+N, N above 0");
	if (s->quirks & MIEN_QUIRK_FLOW && s->version == 4)
		return shape_fail(w, e, "flow is a quirk of IPv6");
	if (s->scale >= 0 && !(s->quirks & MIEN_QUIRK_SCALE) != (s->scale <= 14))
		return shape_fail(w, e, "exws goes with scales above 14, and scale %d does not fit that", s->scale);
	return 0;
}

static int
check(const struct p0f_writer *w, const struct mien_signature_entry *e)
{
	const struct mien_signature *s = &e->signature;
	bool mss = has_option(s, OPT_MSS), ws = has_option(s, OPT_WS);

	if (s->version == 6)
		return shape_fail(w, e, "it is of IPv6, which no host here speaks yet: write 4 or * if it is right for IPv4");
	if (s->ip_options != 0)
		return shape_fail(w, e, "it has %u bytes of IP options, which no host here sends", s->ip_options);
	if (s->payload == 1)
		return shape_fail(w, e, "it has a payload with the SYN, which no host here sends");
	if (s->mss > 0 && !mss)
		return shape_fail(w, e, "MSS %d, but no mss among the options", s->mss);
	if ((s->scale > 0 || s->quirks & MIEN_QUIRK_SCALE) && !ws)
		return shape_fail(w, e, "a window scale, but no ws among the options");
	if ((s->window_rule == MIEN_SIG_MSS || s->window_rule == MIEN_SIG_MTU) &&
		(!mss || (s->mss >= 0 && s->mss < MSS_NAMED)))
		return shape_fail(w, e, "the window counts in segments, but there is no MSS of %d or more", MSS_NAMED);
	return check_quirks(w, e);
}

/* -- what is open ------------------------------------------------------------------------------------------------ */

/* Other entries that the same packets could fit. */
static bool
rivals(const struct mien_signature_entry *a, const struct mien_signature_entry *b)
{
	return a != b && a->response == b->response && a->signature.n_options == b->signature.n_options &&
	       a->signature.eol_pad == b->signature.eol_pad &&
	       memcmp(a->signature.options, b->signature.options, a->signature.n_options) == 0;
}

static bool
window_is_taken(const struct p0f_writer *w, const struct shape *shape, uint16_t window)
{
	struct mien_signature s = shape->s;

	mien_signature_name_window(&s, window, has_option(&s, OPT_TS) && !(s.quirks & MIEN_QUIRK_NO_TS),
		40 + shape->options, shape->entry->response ? LINK_MSS : 0);
	for (size_t i = 0; i < w->set->count; i++) {
		const struct mien_signature *other = &w->set->at[i].signature;

		if (!rivals(shape->entry, &w->set->at[i]))
			continue;
		if (other->window_rule == MIEN_SIG_BYTES && other->window == window)
			return true;
		if (other->window_rule == MIEN_SIG_MULTIPLE && window % other->window == 0)
			return true;
		if (other->window_rule == s.window_rule && other->window == s.window)
			return true;
	}
	return false;
}

static uint16_t
choose_window(const struct p0f_writer *w, const struct shape *shape)
{
	static const uint16_t usual[] = {64512, 61440, 57344, 32768, 49152, 24576, 60000, 16384, 8192, 65535};
	const struct mien_signature *s = &shape->s;
	uint32_t unit = s->window;

	if (s->window_rule == MIEN_SIG_MULTIPLE) {
		for (uint32_t n = 65535 / unit; n > 0; n--)
			if (!window_is_taken(w, shape, (uint16_t)(n * unit)))
				return (uint16_t)(n * unit);
		return (uint16_t)(65535 / unit * unit);
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (!window_is_taken(w, shape, usual[i]))
			return usual[i];
	return usual[0];
}

static bool
scale_is_taken(const struct p0f_writer *w, const struct shape *shape, int scale)
{
	for (size_t i = 0; i < w->set->count; i++)
		if (rivals(shape->entry, &w->set->at[i]) && w->set->at[i].signature.scale == scale)
			return true;
	return false;
}

static int16_t
choose_scale(const struct p0f_writer *w, const struct shape *shape)
{
	static const int16_t usual[] = {9, 5, 11, 12, 13, 10, 4, 3, 2, 1, 0, 6, 7, 8, 14};

	if (shape->s.quirks & MIEN_QUIRK_SCALE)
		return 15;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (!scale_is_taken(w, shape, usual[i]))
			return usual[i];
	return usual[0];
}

/* Where an MSS of Ethernet would give a window above 65535 it is a lower one. */
static int
fill_mss(const struct p0f_writer *w, struct shape *shape)
{
	struct mien_signature *s = &shape->s;
	unsigned int most = s->window_rule == MIEN_SIG_MSS   ? 65535u / s->window
			    : s->window_rule == MIEN_SIG_MTU ? 65535u / s->window - 40
							     : 65535;

	if (!has_option(s, OPT_MSS)) {
		s->mss = 0;
		return 0;
	}
	if (s->mss >= 0 && (unsigned int)s->mss > most)
		return shape_fail(w, shape->entry, "the window does not fit into 16 bits: %u times MSS %d", s->window, s->mss);
	if (s->mss >= 0)
		return 0;
	if (most < MSS_NAMED || most > 65535)
		return shape_fail(w, shape->entry, "no MSS of %d or more times %u fits into 16 bits", MSS_NAMED, s->window);
	shape->own_mss = most >= LINK_MSS;
	s->mss = shape->own_mss ? (int32_t)LINK_MSS : (int32_t)most;
	if (shape->own_mss)
		shape_took(w, shape, "mss=own of *");
	else
		shape_took(w, shape, "mss=%d of *", s->mss);
	return 0;
}

static void
fill_scale(const struct p0f_writer *w, struct shape *shape)
{
	if (shape->s.scale >= 0)
		return;
	if (!has_option(&shape->s, OPT_WS)) {
		shape->s.scale = 0;
		return;
	}
	shape->s.scale = choose_scale(w, shape);
	shape_took(w, shape, "scale=%d of *", shape->s.scale);
}

static void
fill_window(const struct p0f_writer *w, struct shape *shape)
{
	struct mien_signature *s = &shape->s;

	switch ((enum mien_sig_window)s->window_rule) {
	case MIEN_SIG_BYTES:
		shape->window = s->window;
		break;
	case MIEN_SIG_MSS:
		shape->window = s->window * (uint32_t)s->mss;
		break;
	case MIEN_SIG_MTU:
		shape->window = s->window * ((uint32_t)s->mss + 40);
		break;
	case MIEN_SIG_MULTIPLE:
	case MIEN_SIG_ANY:
		shape->window = choose_window(w, shape);
		shape_took(w, shape, s->window_rule == MIEN_SIG_ANY ? "window=%u of *" : "window=%u of %%%u", shape->window,
			s->window);
		break;
	}
}

int
shape_make(const struct p0f_writer *w, const struct mien_signature_entry *e, struct shape *shape)
{
	struct mien_signature *s = &shape->s;
	int result = check(w, e);

	*shape = (struct shape){.entry = e, .s = e->signature};
	s->version = 4;
	s->payload = 0;
	if (result == 0)
		result = fill_mss(w, shape);
	if (result != 0)
		return result;
	fill_scale(w, shape);
	result = shape_layout(w, shape);
	if (result == 0)
		fill_window(w, shape);
	if (s->quirks & MIEN_QUIRK_ID || !(s->quirks & (MIEN_QUIRK_DF | MIEN_QUIRK_NO_ID)))
		shape_took(w, shape, "identification=random of any but 0");
	if (s->quirks & MIEN_QUIRK_FLOW && w->report != NULL)
		put(w->report, "cannot %s.flow: IPv4 has no flow label, and p0f looks for none there\n", shape_word(shape));
	s->quirks &= ~MIEN_QUIRK_FLOW;
	return result;
}
