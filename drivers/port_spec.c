/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "port_spec.h"

static const struct {
	const char *prefix;
	enum port_kind kind;
	bool options; /* "NAME,..." is allowed */
	const char *missing;
} forms[] = {
	{"tap:", PORT_TAP, false, "an interface name: tap:mien0"},
	{"af_packet:", PORT_AF_PACKET, true, "an interface: af_packet:eth0"},
	{"af_xdp:", PORT_AF_XDP, true, "an interface: af_xdp:eth0"},
	{"pci:", PORT_PCI, true, "a PCI address: pci:0000:03:00.0"},
	{"memif:", PORT_MEMIF, true, "a socket: memif:/run/memif.sock,role=client"},
	{"pcap:", PORT_PCAP, true, "a file: pcap:in.pcap,out.pcapng"},
};

static bool
all_hex(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

/* "03:00.0" or "0000:03:00.0" */
static bool
is_bdf(const char *s)
{
	size_t len = strlen(s);

	if (len == 12) {
		if (!all_hex(s, 4) || s[4] != ':')
			return false;
		s += 5;
	} else if (len != 7) {
		return false;
	}
	return all_hex(s, 2) && s[2] == ':' && all_hex(s + 3, 2) && s[5] == '.' && s[6] >= '0' &&
	       s[6] <= '7';
}

static int
check_interface_name(const char *name, struct mien_error *error)
{
	if (strlen(name) >= IF_NAMESIZE)
		return drv_fail(error, MIEN_EINVAL, "interface name '%s' is longer than %d characters", name,
			IF_NAMESIZE - 1);
	if (strpbrk(name, "/ \t\n:%") != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return drv_fail(error, MIEN_EINVAL,
			"'%s' is no name for an interface: no blanks, '/', ':' or '%%'", name);
	return 0;
}

/* Splits "NAME,OPTION" into *out. */
static int
split(const char *text, bool options, struct port_spec *out, struct mien_error *error)
{
	size_t len = strcspn(text, ",");

	if (strlen(text) >= PORT_TEXT_MAX)
		return drv_fail(error, MIEN_EINVAL, "the port's specification is too long");
	memcpy(out->name, text, len);
	out->name[len] = '\0';
	snprintf(out->option, sizeof(out->option), "%s", text[len] == ',' ? text + len + 1 : "");
	if (text[len] == ',' && !options)
		return drv_fail(error, MIEN_EINVAL, "'%s' takes no options, but ',%s' follows", out->name,
			out->option);
	return 0;
}

static int
unknown(const char *text, struct mien_error *error)
{
	if (strlen(text) < IF_NAMESIZE && if_nametoindex(text) != 0)
		return drv_fail(error, MIEN_EINVAL,
			"port '%s' does not say how to use that interface: af_packet:%s", text, text);
	return drv_fail(error, MIEN_EINVAL,
		"port '%s' is none of tap:NAME, af_packet:IFACE, af_xdp:IFACE, pci:BDF, memif:SOCKET, "
		"pcap:IN[,OUT] or a DPDK device such as net_ring0", text);
}

static int
parse_form(const char *text, size_t form, struct port_spec *out, struct mien_error *error)
{
	const char *rest = text + strlen(forms[form].prefix);
	int rc;

	out->kind = forms[form].kind;
	rc = split(rest, forms[form].options, out, error);
	if (rc != 0)
		return rc;
	if (out->name[0] == '\0')
		return drv_fail(error, MIEN_EINVAL, "port '%s' needs %s", text, forms[form].missing);
	if (out->kind == PORT_TAP || out->kind == PORT_AF_PACKET || out->kind == PORT_AF_XDP)
		return check_interface_name(out->name, error);
	if (out->kind == PORT_PCI && !is_bdf(out->name))
		return drv_fail(error, MIEN_EINVAL, "'%s' is no PCI address: 0000:03:00.0", out->name);
	if (out->kind == PORT_PCAP && strcmp(out->name, out->option) == 0)
		return drv_fail(error, MIEN_EINVAL, "port '%s' would overwrite what it reads", text);
	return 0;
}

int
port_spec_parse(const char *text, struct port_spec *out, struct mien_error *error)
{
	int rc;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strncmp(text, forms[i].prefix, strlen(forms[i].prefix)) == 0)
			return parse_form(text, i, out, error);
	rc = split(text, true, out, error);
	if (rc != 0)
		return rc;
	if (is_bdf(out->name))
		out->kind = PORT_PCI;
	else if (strncmp(text, "net_", 4) == 0 || strncmp(text, "eth_", 4) == 0)
		out->kind = PORT_DPDK;
	else
		return unknown(text, error);
	return 0;
}

static int
no_interface(const char *name, struct mien_error *error)
{
	struct if_nameindex *all = if_nameindex();
	char list[256] = "";
	size_t used = 0;

	for (struct if_nameindex *i = all; i != NULL && i->if_index != 0; i++)
		if (used + strlen(i->if_name) + 3 < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
				used > 0 ? ", " : "", i->if_name);
	if (all != NULL)
		if_freenameindex(all);
	return drv_fail(error, MIEN_ENOENT, "there is no interface '%s': there are %s", name,
		used > 0 ? list : "none");
}

/* The BDF with its domain. */
static const char *
full_bdf(const char *name, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s%s", strlen(name) == 7 ? "0000:" : "", name);
	return buf;
}

static int
check_pci(const char *name, struct mien_error *error)
{
	char bdf[PORT_TEXT_MAX + 8], path[PORT_TEXT_MAX + 40];

	full_bdf(name, bdf, sizeof(bdf));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	if (access(path, F_OK) != 0)
		return drv_fail(error, MIEN_ENOENT,
			"there is no PCI device %s: dpdk-devbind.py --status lists them", bdf);
	return 0;
}

int
port_spec_check(const struct port_spec *spec, struct mien_error *error)
{
	switch (spec->kind) {
	case PORT_TAP:
		if (access("/dev/net/tun", F_OK) != 0)
			return drv_fail(error, MIEN_ENOENT,
				"there is no /dev/net/tun, which tap ports need: modprobe tun");
		return 0;
	case PORT_AF_PACKET:
	case PORT_AF_XDP:
		return if_nametoindex(spec->name) != 0 ? 0 : no_interface(spec->name, error);
	case PORT_PCI:
		return check_pci(spec->name, error);
	default:
		return 0;
	}
}

/* af_packet lays frames out in equal slots that fill blocks of whole pages without a gap. */
static void
packet_ring(uint16_t mtu, unsigned *slot, unsigned *block)
{
	unsigned need = mtu + 14u + 4u + 96u;

	*slot = need <= 2048 ? 2048 : (need + 1023) / 1024 * 1024;
	*block = *slot == 2048 ? 4096 : *slot * 4;
}

/* DPDK takes memif sockets as abstract names; a path means a file, as it does to every other memif program. */
static const char *
memif_socket_kind(const struct port_spec *spec)
{
	return spec->name[0] == '/' && strstr(spec->option, "socket-abstract") == NULL
		       ? ",socket-abstract=no"
		       : "";
}

int
port_spec_device(const struct port_spec *spec, unsigned number, uint16_t mtu, char *buf, size_t cap,
	struct mien_error *error)
{
	const char *comma = spec->option[0] != '\0' ? "," : "";
	unsigned slot, block;
	char bdf[PORT_TEXT_MAX + 8];
	int len = -1;

	switch (spec->kind) {
	case PORT_TAP:
		len = snprintf(buf, cap, "net_tap%u,iface=%s", number, spec->name);
		break;
	case PORT_AF_PACKET:
		packet_ring(mtu, &slot, &block);
		len = snprintf(buf, cap, "net_af_packet%u,iface=%s,blocksz=%u,framesz=%u,framecnt=1024%s%s",
			number, spec->name, block, slot, comma, spec->option);
		break;
	case PORT_AF_XDP:
		len = snprintf(buf, cap, "net_af_xdp%u,iface=%s%s%s", number, spec->name, comma,
			spec->option);
		break;
	case PORT_PCI:
		len = snprintf(buf, cap, "%s%s%s", full_bdf(spec->name, bdf, sizeof(bdf)), comma,
			spec->option);
		break;
	case PORT_MEMIF:
		len = snprintf(buf, cap, "net_memif%u,socket=%s%s%s%s", number, spec->name,
			memif_socket_kind(spec), comma, spec->option);
		break;
	case PORT_DPDK:
		len = snprintf(buf, cap, "%s%s%s", spec->name, comma, spec->option);
		break;
	case PORT_PCAP:
		break;
	}
	if (len < 0 || (size_t)len >= cap)
		return drv_fail(error, MIEN_EINVAL, "the port's device string is too long");
	return 0;
}

bool
mien_port_needs_pci(const char *text)
{
	struct port_spec spec;

	return port_spec_parse(text, &spec, NULL) == 0 && spec.kind == PORT_PCI;
}
