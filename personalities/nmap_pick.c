/* SPDX-License-Identifier: BSD-3-Clause */
/* Expressions of an entry: their alternatives, whether a number fits, which number to take. */
#include "nmap_import.h"

#include <string.h>

unsigned int
alternatives(const char *expression)
{
	unsigned int n = 1;

	for (; *expression != '\0'; expression++)
		n += *expression == '|';
	return n;
}

bool
alternative(const char *expression, unsigned int i, char *out, size_t cap)
{
	size_t len;

	while (i-- > 0) {
		expression = strchr(expression, '|');
		if (expression == NULL)
			return false;
		expression++;
	}
	len = strcspn(expression, "|");
	if (len >= cap)
		len = cap - 1;
	memcpy(out, expression, len);
	out[len] = '\0';
	return true;
}

bool
hex_number(const char *text, uint32_t *value)
{
	uint64_t v = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		const char *digit = strchr("0123456789ABCDEF", *text);

		if (digit == NULL)
			return false;
		v = v << 4 | (uint64_t)(digit - "0123456789ABCDEF");
		if (v > UINT32_MAX)
			return false;
	}
	*value = (uint32_t)v;
	return true;
}

bool
lists(const char *expression, const char *text)
{
	char one[256];

	for (unsigned int i = 0; alternative(expression, i, one, sizeof(one)); i++)
		if (strcmp(one, text) == 0)
			return true;
	return false;
}

bool
pick_range(const char *expression, unsigned int i, uint32_t *low, uint32_t *high)
{
	char one[64], *dash;

	if (!alternative(expression, i, one, sizeof(one)))
		return false;
	dash = strchr(one, '-');
	if (dash != NULL) {
		*dash = '\0';
		return hex_number(one, low) && hex_number(dash + 1, high) && *low <= *high;
	}
	if (one[0] == '<' && hex_number(one + 1, high) && *high > 0) {
		*low = 0;
		(*high)--;
		return true;
	}
	if (one[0] == '>' && hex_number(one + 1, low) && *low < UINT32_MAX) {
		(*low)++;
		*high = UINT32_MAX;
		return true;
	}
	if (!hex_number(one, low))
		return false;
	*high = *low;
	return true;
}

/* nmap up to 7.94 overlooks single numbers in front of a range. */
static bool
is_overlooked(const char *expression, unsigned int i)
{
	for (; i > 0; i--)
		expression = strchr(expression, '|') + 1;
	expression += strcspn(expression, "|");
	return strchr(expression, '-') != NULL;
}

bool
fits(const char *expression, uint32_t value)
{
	uint32_t low, high;

	for (unsigned int i = 0; i < alternatives(expression); i++)
		if (pick_range(expression, i, &low, &high) && value >= low && value <= high &&
			!(low == high && is_overlooked(expression, i)))
			return true;
	return false;
}

/* Ranges go first. */
bool
pick_number(const char *expression, uint32_t *value)
{
	bool ranges = strchr(expression, '-') != NULL;
	uint32_t low, high;

	for (unsigned int i = 0, n = alternatives(expression); i < 2 * n; i++) {
		if (!pick_range(expression, i % n, &low, &high) || (i < n && ranges && low == high))
			continue;
		*value = high == UINT32_MAX ? low : low + (high - low) / 2;
		return true;
	}
	return false;
}
