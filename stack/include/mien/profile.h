/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Profiles: personalities as text, read from the built-in set or from YAML files, checked and
 * compiled.
 *
 * A profile is immutable and counted: whoever holds a reference may read it from any thread; taking
 * and giving references, loading and changing belong to the control thread.
 */
#ifndef MIEN_PROFILE_H
#define MIEN_PROFILE_H

#include <mien/defs.h>
#include <mien/err.h>
#include <mien/personality.h>

MIEN_BEGIN_DECLS

struct mien_profile;

/**
 * Loads a profile: a built-in name ("windows-11"), or the path of a YAML file (a name that holds
 * '/' or ends in .yaml or .yml). *out holds one reference. On failure *out is NULL and, if err is
 * not NULL, it says what is wrong, where (file, line, column) and what to do: MIEN_ENOENT,
 * MIEN_EIO, MIEN_EPARSE, MIEN_EINVAL, MIEN_ENOMEM.
 */
MIEN_CHECKED int mien_profile_load(
	const char *name_or_path, struct mien_profile **out, struct mien_error *err);

/**
 * Loads many: parents are read once and kept, as they were then, until the library is freed. A library belongs to one
 * thread at a time; what was loaded outlives it. NULL loads as mien_profile_load() does.
 */
struct mien_profile_library;
/** NULL without memory. */
MIEN_API struct mien_profile_library *mien_profile_library_new(void);
/** NULL is allowed. */
MIEN_API void mien_profile_library_free(struct mien_profile_library *library);
MIEN_CHECKED int mien_profile_library_load(struct mien_profile_library *library, const char *name_or_path,
	struct mien_profile **out, struct mien_error *err);

/** The same from text; file names it in messages and is where relative parents are looked for (""
 * or NULL: here). */
MIEN_CHECKED int mien_profile_parse(const char *text, size_t len, const char *file,
	struct mien_profile **out, struct mien_error *err);

MIEN_API struct mien_profile *mien_profile_ref(struct mien_profile *p);
/** Gives a reference back; NULL is allowed. */
MIEN_API void mien_profile_unref(struct mien_profile *p);

/**
 * Overrides one knob, "ip.ttl=64" or "tcp.answers.closed.syn={send: drop}": takes the reference in
 * *p and puts a changed copy there. On failure *p is as it was.
 */
MIEN_CHECKED int mien_profile_set(
	struct mien_profile **p, const char *assignment, struct mien_error *err);

/** The compiled block; lives as long as the profile and never changes. */
MIEN_API const struct mien_personality *mien_profile_personality(const struct mien_profile *p);

MIEN_API const char *mien_profile_name(const struct mien_profile *p);
MIEN_API const char *mien_profile_title(const struct mien_profile *p);
/** Name of the parent, "" without one. */
MIEN_API const char *mien_profile_parent(const struct mien_profile *p);
/** The file it was read from, "" for built-in ones. */
MIEN_API const char *mien_profile_file(const struct mien_profile *p);
/** Whether it is only there to be inherited from. */
MIEN_API bool mien_profile_is_abstract(const struct mien_profile *p);

/** Evidence number i, the parents' last: what was measured or read, and where; false past the end.
 */
MIEN_API bool mien_profile_evidence(
	const struct mien_profile *p, size_t i, const char **what, const char **source);

/** What an observer must say, by key ("nmap", "p0f-syn", ...); NULL when nothing is expected. */
MIEN_API const char *mien_profile_expect(const struct mien_profile *p, const char *key);
/** Expectation number i; false past the end. */
MIEN_API bool mien_profile_expect_at(
	const struct mien_profile *p, size_t i, const char **key, const char **value);

/** One entry of the built-in set, in the order of their names. */
struct mien_profile_info {
	const char *name;
	const char *title;
	const char *parent;
	bool abstract;
};

/** Built-in profile number i; false past the end. */
MIEN_API bool mien_profile_builtin(size_t i, struct mien_profile_info *info);

enum mien_origin {
	MIEN_ORIGIN_DEFAULT,   /* the plain host's value */
	MIEN_ORIGIN_INHERITED, /* from a parent */
	MIEN_ORIGIN_PROFILE,   /* from the profile's own text */
	MIEN_ORIGIN_SET	       /* from mien_profile_set() */
};

/** One knob of a profile as text. The strings live as long as the profile, value until the next
 * call. */
struct mien_knob_value {
	const char *key;   /* "tcp.rto.min" */
	const char *value; /* as it stands in a file: "200ms" */
	const char *unit;  /* "" when it has none */
	const char *help;  /* one sentence */
	enum mien_origin origin;
	const char
		*from; /* name of the profile that set it, "" for defaults and mien_profile_set() */
};

MIEN_API size_t mien_profile_knobs(void);
/**
 * Knob number i of p; with p NULL only what is the same for all profiles (the default as value).
 * buf receives the value (cut at cap). False past the end.
 */
MIEN_API bool mien_profile_knob(
	const struct mien_profile *p, size_t i, struct mien_knob_value *out, char *buf, size_t cap);
/** What may stand for knob number i: "1..255 or copy". */
MIEN_API void mien_profile_knob_range(size_t i, char *buf, size_t cap);

/** Where text goes; put gets pieces, not terminated. */
struct mien_sink {
	void (*put)(void *arg, const char *text, size_t len);
	void *arg;
};

/** Resolved text for people: each knob with value, unit and origin, answers, evidence,
 * expectations. */
MIEN_API void mien_profile_show(const struct mien_profile *p, const struct mien_sink *out);

/** Knob by knob, answer by answer: lines "key: a -> b". The number of differences; 0 writes
 * nothing. */
MIEN_API size_t mien_profile_diff(
	const struct mien_profile *a, const struct mien_profile *b, const struct mien_sink *out);

/** YAML with every knob resolved; read again it gives the same block. */
MIEN_API void mien_profile_write(const struct mien_profile *p, const struct mien_sink *out);

MIEN_END_DECLS
#endif
