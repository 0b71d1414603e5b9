/* SPDX-License-Identifier: BSD-3-Clause */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dpdk_log.h"
#include "kernel_offload.h"

static bool
ask(const char *interface, struct ethtool_value *value)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request;
	bool good;

	if (fd < 0)
		return false;
	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", interface);
	request.ifr_data = (void *)value;
	good = ioctl(fd, SIOCETHTOOL, &request) == 0;
	close(fd);
	return good;
}

static bool
set_gro(const char *interface, bool on)
{
	struct ethtool_value value = {ETHTOOL_SGRO, on};

	return ask(interface, &value);
}

static bool
set_lro(const char *interface, bool on)
{
	struct ethtool_value value = {ETHTOOL_GFLAGS, 0};

	if (!ask(interface, &value))
		return false;
	value.cmd = ETHTOOL_SFLAGS;
	value.data = on ? value.data | ETH_FLAG_LRO : value.data & ~(__u32)ETH_FLAG_LRO;
	return ask(interface, &value);
}

void
kernel_offload_off(const char *interface, struct kernel_offload *before)
{
	struct ethtool_value gro = {ETHTOOL_GGRO, 0}, flags = {ETHTOOL_GFLAGS, 0};

	before->gro = ask(interface, &gro) && gro.data != 0 && set_gro(interface, false);
	before->lro = ask(interface, &flags) && (flags.data & ETH_FLAG_LRO) != 0 &&
		      set_lro(interface, false);
	if (before->gro || before->lro)
		driver_log(MIEN_LOG_INFO, "interface '%s' glues segments no more (%s%s%s off) until the end",
			interface, before->gro ? "GRO" : "", before->gro && before->lro ? ", " : "",
			before->lro ? "LRO" : "");
}

void
kernel_offload_restore(const char *interface, const struct kernel_offload *before)
{
	if (before->gro && !set_gro(interface, true))
		driver_log(MIEN_LOG_WARNING, "GRO of '%s' stays off: ethtool -K %s gro on", interface,
			interface);
	if (before->lro && !set_lro(interface, true))
		driver_log(MIEN_LOG_WARNING, "LRO of '%s' stays off: ethtool -K %s lro on", interface,
			interface);
}
