/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "eal_args.h"
#include "fail.h"

/* Without hugepages memory is taken page by page as it is touched: a generous bound costs nothing. */
#define DEFAULT_MEMORY_MB 1024
/* A device that cannot be: DPDK scans PCI but takes nothing by itself; ports name what they need. */
#define NO_PCI_DEVICE "ffff:ff:1f.7"

static int
push(struct eal_args *args, struct mien_error *error, const char *text, size_t len)
{
	if (args->argc >= EAL_ARGS_MAX || len + 1 > sizeof(args->text) - args->used)
		return drv_fail(error, MIEN_EINVAL, "too many arguments for DPDK");
	args->argv[args->argc] = args->text + args->used;
	memcpy(args->argv[args->argc], text, len);
	args->argv[args->argc][len] = '\0';
	args->used += len + 1;
	args->argv[++args->argc] = NULL;
	return 0;
}

static int
push_text(struct eal_args *args, struct mien_error *error, const char *text)
{
	return push(args, error, text, strlen(text));
}

/* Reads the next word of *text into word; quotes keep blanks. False at the end. */
static bool
next_word(const char **text, char *word, size_t cap, bool *unfinished)
{
	const char *p = *text;
	size_t len = 0;
	char quote = '\0';

	while (*p == ' ' || *p == '\t' || *p == '\n')
		p++;
	if (*p == '\0')
		return false;
	for (; *p != '\0' && (quote != '\0' || (*p != ' ' && *p != '\t' && *p != '\n')); p++) {
		if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (len + 1 < cap)
			word[len++] = *p;
	}
	word[len] = '\0';
	*unfinished = quote != '\0';
	*text = p;
	return true;
}

static int
push_words(struct eal_args *args, struct mien_error *error, const char *text)
{
	char word[512];
	bool unfinished = false;
	int rc = 0;

	while (rc == 0 && next_word(&text, word, sizeof(word), &unfinished))
		rc = push_text(args, error, word);
	if (rc == 0 && unfinished)
		return drv_fail(error, MIEN_EINVAL, "DPDK's arguments end within quotes: close them");
	return rc;
}

/* The caller's own words, after the program's name, hold this option: "-l", "-l0-3" or "--lcores=0". */
static bool
has(const struct eal_args *args, int own, const char *option)
{
	size_t len = strlen(option);
	bool is_long = option[1] == '-';

	for (int i = 1; i < own; i++) {
		if (strncmp(args->argv[i], option, len) != 0)
			continue;
		if (!is_long || args->argv[i][len] == '\0' || args->argv[i][len] == '=')
			return true;
	}
	return false;
}

static bool
has_any(const struct eal_args *args, int own, const char *const *options)
{
	for (; *options != NULL; options++)
		if (has(args, own, *options))
			return true;
	return false;
}

static int
push_cores(struct eal_args *args, const struct mien_eal_config *config, const char *cpus,
	struct mien_error *error)
{
	char text[256];
	int rc;

	if (config->cores != NULL) {
		rc = push_text(args, error, "-l");
		return rc != 0 ? rc : push_text(args, error, config->cores);
	}
	/* One lcore that floats over the processors: programs side by side do not all sit on the first. */
	if ((size_t)snprintf(text, sizeof(text), "--lcores=0@(%s)", cpus) >= sizeof(text))
		return drv_fail(error, MIEN_EINVAL, "too many processors to list: name cores");
	return push_text(args, error, text);
}

static int
push_memory_kind(struct eal_args *args, bool hugepages, struct mien_error *error)
{
	int rc;

	if (hugepages)
		return push_text(args, error, "--in-memory");
	rc = push_text(args, error, "--no-huge");
	return rc != 0 ? rc : push_text(args, error, "--no-shconf");
}

static int
push_memory_size(struct eal_args *args, const struct mien_eal_config *config, bool hugepages,
	struct mien_error *error)
{
	unsigned mb = config->memory_mb;
	char text[24];
	int rc;

	if (!hugepages && mb == 0)
		mb = DEFAULT_MEMORY_MB;
	if (mb == 0)
		return 0;
	snprintf(text, sizeof(text), "%u", mb);
	rc = push_text(args, error, "-m");
	return rc != 0 ? rc : push_text(args, error, text);
}

int
eal_args_build(struct eal_args *args, const struct mien_eal_config *config, bool hugepages,
	const char *cpus, struct mien_error *error)
{
	static const char *const kind[] = {"--no-huge", "--in-memory", "--legacy-mem", "--huge-dir",
		"--huge-unlink", "--proc-type", NULL};
	static const char *const size[] = {"-m", "--socket-mem", NULL};
	static const char *const cores[] = {"-l", "-c", "--lcores", "--main-lcore", NULL};
	static const char *const pci[] = {"--no-pci", "-a", "--allow", "-b", "--block", NULL};
	static const char *const last[] = {"--file-prefix=mien", "--no-telemetry", NULL};
	bool own_kind;
	int rc, own;

	args->argc = 0;
	args->used = 0;
	rc = push_text(args, error, config->program != NULL ? config->program : "mien");
	if (rc == 0 && config->extra != NULL)
		rc = push_words(args, error, config->extra);
	for (unsigned i = 0; rc == 0 && i < config->pasted_count; i++)
		rc = push_text(args, error, config->pasted[i]);
	own = args->argc;
	if (rc == 0 && (config->cores != NULL || !has_any(args, own, cores)))
		rc = push_cores(args, config, cpus, error);
	own_kind = has_any(args, own, kind);
	if (rc == 0 && !own_kind)
		rc = push_memory_kind(args, hugepages, error);
	if (rc == 0 && !own_kind && !has_any(args, own, size))
		rc = push_memory_size(args, config, hugepages, error);
	if (rc == 0 && !has_any(args, own, pci))
		rc = push_text(args, error, config->pci ? "--allow=" NO_PCI_DEVICE : "--no-pci");
	/* Nothing is shared between processes, so one name serves all and no directories pile up. */
	for (int i = 0; rc == 0 && last[i] != NULL; i++)
		if (!has(args, own, i == 0 ? "--file-prefix" : "--telemetry"))
			rc = push_text(args, error, last[i]);
	if (rc == 0 && config->verbose > 1 && !has(args, own, "--log-level"))
		rc = push_text(args, error, "--log-level=debug");
	return rc;
}
