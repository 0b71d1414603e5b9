/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs while the room is built: prints the numbers of knobs.def's entries in the order of their keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {
#define K(key, member, kind, least, most, unit, help) key,
#include "knobs.def"
#undef K
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int
by_key(const void *a, const void *b)
{
	return strcmp(keys[*(const unsigned int *)a], keys[*(const unsigned int *)b]);
}

int
main(void)
{
	unsigned int order[KEYS];

	for (unsigned int i = 0; i < KEYS; i++)
		order[i] = i;
	qsort(order, KEYS, sizeof(order[0]), by_key);
	printf("/* Made by knob_order.c; do not edit. */\nstatic const uint16_t knob_order[] = {");
	for (unsigned int i = 0; i < KEYS; i++) {
		if (i > 0 && strcmp(keys[order[i - 1]], keys[order[i]]) == 0) {
			fprintf(stderr, "knobs.def: %s is there twice\n", keys[order[i]]);
			return 1;
		}
		printf("%s%u,", i % 20 ? " " : "\n\t", order[i]);
	}
	printf("\n};\n");
	return 0;
}
