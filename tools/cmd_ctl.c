/* SPDX-License-Identifier: BSD-3-Clause */
/* mien ctl: asks and changes a running process. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "commands.h"

struct ctl {
	const char *path;
	char found[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static int
set_ctl(void *ctx, const char *value)
{
	((struct ctl *)ctx)->path = value;
	return STATUS_FINE;
}

static const struct flag flags[] = {
	{"ctl", 0, "SOCKET", "the process's socket (default: the only one running)", set_ctl},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct flag *const tables[] = {flags, NULL};

/* Counts the sockets of running processes in dir; keeps the name of one. */
static unsigned
look_in(const char *dir, struct ctl *c)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	for (struct dirent *e; d && (e = readdir(d));) {
		size_t len = strlen(e->d_name);

		if (strncmp(e->d_name, "mien-", 5) != 0 || len < 10 || strcmp(e->d_name + len - 5, ".sock") != 0)
			continue;
		if ((size_t)snprintf(c->found, sizeof(c->found), "%s/%s", dir, e->d_name) < sizeof(c->found))
			n++;
	}
	if (d)
		closedir(d);
	return n;
}

static int
find_socket(struct ctl *c)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	unsigned n;

	if (c->path)
		return STATUS_FINE;
	n = (dir && dir[0] ? look_in(dir, c) : 0) + look_in("/run", c) + look_in("/tmp", c);
	c->path = c->found;
	if (n == 1)
		return STATUS_FINE;
	return cli_error(STATUS_PEER, n ? "several processes run: name one with --ctl SOCKET"
					: "no running process was found: name its socket with --ctl SOCKET");
}

static int
connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) < sizeof(addr.sun_path)) {
		strcpy(addr.sun_path, path);
		if (fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
			return fd;
	} else {
		errno = ENAMETOOLONG;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static json_t *
ask(int fd, char *const *words, int n)
{
	FILE *f = fdopen(fd, "r+");
	char *line = NULL;
	size_t cap = 0;
	json_t *o = NULL;

	if (!f)
		return NULL;
	for (int i = 0; i < n; i++)
		fprintf(f, "%s%s", i ? " " : "", words[i]);
	fputc('\n', f);
	if (fflush(f) == 0 && getline(&line, &cap, f) > 0)
		o = json_loads(line, 0, NULL);
	free(line);
	fclose(f);
	return o;
}

/* Indented "key: value" lines; an array's members follow one another, set off by a line. */
static void
print_value(const char *key, json_t *value, int depth)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_object(value)) {
		if (key)
			printf("%*s%s:\n", 2 * depth, "", key);
		json_object_foreach(value, name, member)
			if (strcmp(name, "ok") != 0)
				print_value(name, member, key ? depth + 1 : depth);
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, member) {
			printf("%*s%s %zu:\n", 2 * depth, "", key ? key : "item", i);
			print_value(NULL, member, depth + 1);
		}
	} else {
		char *text = json_dumps(value, JSON_ENCODE_ANY);

		printf("%*s%s: %s\n", 2 * depth, "", key ? key : "value", json_is_string(value) ? json_string_value(value) : text);
		free(text);
	}
}

static int
show(json_t *o)
{
	const char *error = json_string_value(json_object_get(o, "error"));

	if (!json_is_true(json_object_get(o, "ok")))
		return cli_error(STATUS_USAGE, "%s", error ? error : "the answer could not be understood");
	if (cli_out.json || cli_out.json_lines) {
		json_dumpf(o, stdout, cli_out.json ? JSON_INDENT(2) : JSON_COMPACT);
		putchar('\n');
	} else {
		print_value(NULL, o, 0);
	}
	return STATUS_FINE;
}

/* Common flags may stand behind the request as well: mien ctl stats --json. */
static int
take_late_flags(int argc, char **argv, int from)
{
	int n = from;

	for (int i = from; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			cli_out.json = true;
		else if (strcmp(argv[i], "--json-lines") == 0)
			cli_out.json_lines = true;
		else
			argv[n++] = argv[i];
	}
	return n;
}

static int
run(int argc, char **argv, const struct command *self)
{
	struct ctl c = {0};
	int operand, status, fd;
	json_t *o;
	bool done;

	status = cli_parse(argc, argv, self, &c, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	argc = take_late_flags(argc, argv, operand);
	if (operand >= argc)
		return cli_error(STATUS_USAGE, "say what: stats, conns, hosts, personality set ADDR NAME, reload, drain, stop");
	status = find_socket(&c);
	if (status != STATUS_FINE)
		return status;
	fd = connect_to(c.path);
	if (fd < 0)
		return cli_error(errno == EACCES ? STATUS_PERMISSION : STATUS_PEER, "%s: %s: is the process running?", c.path,
			strerror(errno));
	o = ask(fd, argv + operand, argc - operand);
	status = o ? show(o) : cli_error(STATUS_PEER, "%s: the process did not answer", c.path);
	json_decref(o);
	return status;
}

const struct command cmd_ctl = {
	.name = "ctl",
	.summary = "asks and changes a running process",
	.operands = "stats|conns|hosts|personality set ADDR NAME|reload|drain|stop",
	.example = "  mien ctl stats\n  mien ctl personality set 10.77.0.2 freebsd-14\n",
	.flags = tables,
	.run = run,
};
