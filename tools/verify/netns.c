/* SPDX-License-Identifier: BSD-3-Clause */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURN_MS 20
#define PATIENCE_MS 3000

static bool
set_up(int fd, const char *interface)
{
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFFLAGS, &r) != 0)
		return false;
	r.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &r) == 0;
}

static bool
set_address(int fd, const char *interface, unsigned long request, uint32_t address)
{
	const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
	memcpy(&r.ifr_addr, &in, sizeof(in));
	return ioctl(fd, request, &r) == 0;
}

bool
netns_enter(void)
{
	int fd;
	bool good;

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	good = fd >= 0 && set_up(fd, "lo");
	if (fd >= 0)
		close(fd);
	return good;
}

bool
netns_address(const char *interface, uint32_t address)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && set_address(fd, interface, SIOCSIFADDR, address) &&
		    set_address(fd, interface, SIOCSIFNETMASK, 0xffffff00) && set_up(fd, interface);

	if (fd >= 0)
		close(fd);
	return good;
}

/* In the child: output to where it belongs, and no life beyond the parent's. */
static void
become(const char *const *argv, const char *file, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (file)
		out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	dup2(null, STDIN_FILENO);
	dup2(out >= 0 ? out : null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

bool
program_start(struct program *p, const char *const *argv, const char *file, bool piped)
{
	int ends[2] = {-1, -1};

	*p = (struct program){.pid = -1, .out = -1};
	if (piped && pipe2(ends, O_CLOEXEC) != 0)
		return false;
	p->pid = fork();
	if (p->pid == 0)
		become(argv, file, ends[1]);
	if (ends[1] >= 0)
		close(ends[1]);
	p->out = ends[0];
	return p->pid > 0;
}

static void
pause_ms(unsigned ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l};

	nanosleep(&t, NULL);
}

static int
ended(struct program *p, int status)
{
	if (p->out >= 0)
		close(p->out);
	p->out = -1;
	p->pid = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
program_wait(struct program *p, unsigned ms)
{
	int status;

	if (p->pid <= 0)
		return -1;
	for (unsigned waited = 0;; waited += TURN_MS) {
		if (waitpid(p->pid, &status, WNOHANG) == p->pid)
			return ended(p, status);
		if (waited >= ms)
			return -1;
		pause_ms(TURN_MS);
	}
}

int
program_end(struct program *p)
{
	int status;

	if (p->pid <= 0)
		return -1;
	kill(p->pid, SIGINT);
	status = program_wait(p, PATIENCE_MS);
	if (status >= 0)
		return status;
	kill(p->pid, SIGKILL);
	waitpid(p->pid, &status, 0);
	return ended(p, status);
}

/* Whether text holds a line that begins so. */
static bool
has_line(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, word, n) == 0)
			return true;
	return false;
}

bool
program_line(struct program *p, const char *word, unsigned ms)
{
	char text[4096];
	size_t used = 0;

	for (unsigned waited = 0; waited <= ms; waited += TURN_MS) {
		struct pollfd f = {.fd = p->out, .events = POLLIN};
		ssize_t n;

		if (poll(&f, 1, TURN_MS) <= 0)
			continue;
		n = read(p->out, text + used, sizeof(text) - 1 - used);
		if (n <= 0)
			return false;
		used += (size_t)n;
		text[used] = '\0';
		if (has_line(text, word))
			return true;
		if (used + 1 == sizeof(text))
			used = 0;
	}
	return false;
}

bool
program_exists(const char *name)
{
	const char *path = getenv("PATH");
	char file[512];

	for (const char *p = path ? path : "/usr/bin:/usr/sbin"; *p;) {
		size_t n = strcspn(p, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)n, p, name);
		if (access(file, X_OK) == 0)
			return true;
		p += n + (p[n] == ':');
	}
	return false;
}
