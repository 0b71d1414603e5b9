/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why not libpcap: its release 1.10 reads pcapng but writes only pcap. Byte order is this machine's, as the format
 * allows; nothing but the packets goes into the file, so that equal packets give equal files.
 */
#include "pcapng_write.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1u
#define OPTION_TSRESOL 9u

struct section_block {
	uint32_t type, total_len, magic;
	uint16_t major, minor;
	uint32_t section_len[2];
	uint32_t total_len_again;
};
_Static_assert(sizeof(struct section_block) == 28, "section header block");

struct interface_block {
	uint32_t type, total_len;
	uint16_t linktype, reserved;
	uint32_t snaplen;
	uint16_t tsresol_code, tsresol_len;
	uint8_t tsresol, pad[3];
	uint32_t end_of_options;
	uint32_t total_len_again;
};
_Static_assert(sizeof(struct interface_block) == 32, "interface description block");

struct packet_head {
	uint32_t type, total_len, interface_id;
	uint32_t stamp_high, stamp_low;
	uint32_t captured, original;
};
_Static_assert(sizeof(struct packet_head) == 28, "enhanced packet block, fixed part");

bool
pcapng_write_header(FILE *f)
{
	const struct section_block section = {
		.type = BLOCK_SECTION,
		.total_len = sizeof(section),
		.magic = BYTE_ORDER_MAGIC,
		.major = 1,
		.section_len = {UINT32_MAX, UINT32_MAX}, /* not told */
		.total_len_again = sizeof(section),
	};
	const struct interface_block interface = {
		.type = BLOCK_INTERFACE,
		.total_len = sizeof(interface),
		.linktype = LINKTYPE_ETHERNET,
		.snaplen = PCAPNG_SNAPLEN,
		.tsresol_code = OPTION_TSRESOL,
		.tsresol_len = 1,
		.tsresol = 9, /* 10^-9 s */
		.total_len_again = sizeof(interface),
	};

	return fwrite(&section, sizeof(section), 1, f) == 1 &&
	       fwrite(&interface, sizeof(interface), 1, f) == 1;
}

bool
pcapng_write_packet(FILE *f, uint64_t ns, const void *data, uint32_t captured, uint32_t original)
{
	static const uint8_t zero[4];
	uint32_t pad = -captured & 3u;
	const struct packet_head head = {
		.type = BLOCK_PACKET,
		.total_len = (uint32_t)sizeof(head) + captured + pad + 4,
		.stamp_high = (uint32_t)(ns >> 32),
		.stamp_low = (uint32_t)ns,
		.captured = captured,
		.original = original,
	};

	return fwrite(&head, sizeof(head), 1, f) == 1 && fwrite(data, 1, captured, f) == captured &&
	       fwrite(zero, 1, pad, f) == pad &&
	       fwrite(&head.total_len, sizeof(head.total_len), 1, f) == 1;
}
