/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p0f's signatures from any bytes: a line, as that of a SYN and of a SYN-ACK, and a file. What is read reads back from
 * its own text; what is imported is a profile that the engine takes, or is refused with a reason.
 */
#include <mien/signature.h>

#include "fuzz_text.h"
#include "p0f_match.h"

#define ENTRIES 6 /* of a file, imported */
#define READ_ONE_IN 32 /* profiles; reading one takes as long as a hundred signatures */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_reads_back(const struct mien_signature *s)
{
	struct mien_signature again;
	char text[MIEN_SIG_CAP];

	mien_signature_format(s, text);
	assert(mien_signature_parse(text, &again, NULL) == 0);
	assert(memcmp(s, &again, sizeof(again)) == 0);
}

static void
check_import(const struct mien_signatures *s, const size_t chosen[], size_t n)
{
	static struct fuzz_text yaml, said;
	struct mien_sink to = {fuzz_text_put, &yaml}, report = {fuzz_text_put, &said};
	struct mien_profile *p;
	struct mien_error err = {0};

	yaml.len = said.len = 0;
	if (mien_signatures_write(s, chosen, n, "fuzz", &to, &report, &err) != 0) {
		assert(err.err < 0 && err.text[0] != '\0' && yaml.len == 0);
	} else if (fuzz_sum(yaml.at, yaml.len) % READ_ONE_IN == 0) {
		assert(mien_profile_parse(yaml.at, yaml.len, "", &p, &err) == 0);
		assert(mien_personality_validate(mien_profile_personality(p), NULL) == 0);
		mien_profile_unref(p);
	}
}

static void
check_line(const char *text, bool response)
{
	struct mien_signatures *s;
	struct mien_error err = {0};

	if (mien_signatures_line(text, response, &s, &err) != 0) {
		assert(s == NULL && err.err < 0 && err.text[0] != '\0' && err.column > 0);
		return;
	}
	check_reads_back(&mien_signatures_at(s, 0)->signature);
	check_import(s, (const size_t[]){0}, 1);
	mien_signatures_free(s);
}

static void
check_file(const char *data, size_t size)
{
	struct mien_signatures *s;
	struct mien_error err = {0};
	size_t n = 0, all[ENTRIES];
	enum p0f_fit fit;

	if (mien_signatures_parse(data, size, "", &s, &err) != 0) {
		assert(s == NULL && err.err < 0 && err.text[0] != '\0');
		return;
	}
	for (; n < ENTRIES && mien_signatures_at(s, n) != NULL; n++) {
		all[n] = n;
		check_import(s, &all[n], 1);
		(void)p0f_db_find(s, mien_signatures_at(s, n)->text, 8192, n & 1, &fit);
	}
	check_import(s, all, n);
	mien_signatures_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);

	assert(line != NULL);
	memcpy(line, data, size);
	line[size] = '\0';
	check_line(line, size & 1);
	free(line);
	check_file((const char *)data, size);
	return 0;
}
