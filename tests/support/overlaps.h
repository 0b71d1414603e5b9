/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sequence by which V. Paxson, U. Shankar and later J. Novak, S. Sturges told systems apart, as a picture: a row is
 * a fragment or segment in the order of their coming, a column 8 bytes of a datagram or one of a stream. From the tenth
 * row on each overlaps others, in every way that two pieces can.
 */
#ifndef TESTS_OVERLAPS_H
#define TESTS_OVERLAPS_H

#include <string.h>

#define OVERLAPS_WIDTH 24

static const char *const overlaps_picture[] = {
	"AAA                     ",
	"    BB                  ",
	"      CCC               ",
	"          D             ",
	"             EE         ",
	"               FFF      ",
	"                  GG    ",
	"                    HH  ",
	"                      I ",
	" JJJJ                   ",
	"      KKK               ",
	"         LLL            ",
	"            MMM         ",
	"                N       ",
	"                   O    ",
	"                    P   ",
	"                      QQ",
	NULL,
};

struct overlaps_row {
	unsigned int start, end; /* columns */
	char letter;
};

static inline struct overlaps_row
overlaps_row(const char *row)
{
	unsigned int start = (unsigned int)strspn(row, " ");

	return (struct overlaps_row){start, start + (unsigned int)strcspn(row + start, " "), row[start]};
}

#endif
