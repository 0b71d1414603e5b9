/* SPDX-License-Identifier: BSD-3-Clause */
/* Fingerprints in nmap's text format from any bytes: refused with a line and a reason, or imported. */
#include <mien/import.h>

#include "fuzz_text.h"

#define ENTRIES 4 /* of a text, imported */
#define READ_ONE_IN 32 /* profiles; reading one takes as long as fifty entries */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An entry may want what no profile can say; then the reader says so. */
static void
check_import(const struct mien_prints *prints, size_t i)
{
	static struct fuzz_text yaml, said;
	struct mien_sink to = {fuzz_text_put, &yaml}, report = {fuzz_text_put, &said};
	struct mien_error err = {0};
	struct mien_profile *p;

	yaml.len = said.len = 0;
	if (mien_prints_write(prints, i, "fuzz", &to, &report, &err) != 0) {
		assert(err.err < 0 && err.text[0] != '\0');
	} else if (fuzz_sum(yaml.at, yaml.len) % READ_ONE_IN) {
		return;
	} else if (mien_profile_parse(yaml.at, yaml.len, "", &p, &err) == 0) {
		assert(mien_personality_validate(mien_profile_personality(p), NULL) == 0);
		mien_profile_unref(p);
	} else {
		assert(err.text[0] != '\0');
	}
}

/*
 * The searches for a deck and for a window rule take a thousand times what all else does: of texts that ask for them only
 * some are imported.
 */
static bool
imports(const uint8_t *data, size_t size)
{
	static const struct {
		const char *word;
		uint32_t one_in;
	} costly[] = {{"ISR=", 8192}, {"GCD=", 8192}, {"SP=", 8192}, {"W1=", 64}, {"W2=", 64}, {"W3=", 64}, {"W4=", 64},
		{"W5=", 64}, {"W6=", 64}};
	uint32_t sum = fuzz_sum(data, size);

	for (size_t i = 0; i < sizeof(costly) / sizeof(costly[0]); i++)
		if (memmem(data, size, costly[i].word, strlen(costly[i].word)))
			return sum % costly[i].one_in == 0;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mien_prints *prints;
	struct mien_error err = {0};
	const char *title;
	unsigned line;

	if (mien_prints_parse((const char *)data, size, "", &prints, &err) != 0) {
		assert(prints == NULL && err.err < 0 && err.text[0] != '\0');
		return 0;
	}
	for (size_t i = 0; imports(data, size) && i < ENTRIES && mien_prints_at(prints, i, &title, &line); i++)
		check_import(prints, i);
	mien_prints_free(prints);
	return 0;
}
