/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/token.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/fault.h"
#include "tests/tap.h"

#define KEY1 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEY2 "__________________________________________8"
#define KEY3 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static char path[400];

/* Writes the key file anew. */
static void
file_put(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static struct token_keys *
load(const char *text)
{
	struct fault f;
	file_put(text, 0640);
	return token_keys_load(path, false, &f);
}

static void
test_file(void)
{
	static const char *const bads[] = { "", "# only this\n", "1\n",
		"1 short\n", "1 " KEY1 "=\n", "A " KEY1 "\n", "k_1 " KEY1 "\n",
		"123456789 " KEY1 "\n", "1 " KEY1 "\n1 " KEY2 "\n",
		"1 " KEY1 "\nrubbish\n", "1.2 " KEY1 "\n",
		"1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n" };
	static const mode_t modes[] = { 0644, 0641, 0642, 0660, 0620, 0666 };
	struct fault f = { 0 };
	for (size_t i = 0; i < N_OF(bads); i++) {
		file_put(bads[i], 0640);
		ok(token_keys_load(path, true, &f) == NULL &&
			f.kind == FAULT_INVALID,
		    "a bad file is refused: %s", f.text);
	}
	for (size_t i = 0; i < N_OF(modes); i++) {
		file_put("1 " KEY1 "\n", modes[i]);
		ok(token_keys_load(path, true, &f) == NULL &&
			f.kind == FAULT_DENIED,
		    "mode %o is refused: %s", modes[i], f.text);
	}
	struct token_keys *keys =
	    load("# comment\n\n  \r\n a1 " KEY1
		 " 2026-11-21T08:00:00.000Z\r\n\tb " KEY2);
	ok(keys != NULL, "comments, blanks and CR are fine");
	token_keys_free(keys);
	token_keys_free(NULL);
	unlink(path);
	ok(token_keys_load(path, false, &f) == NULL &&
		f.kind == FAULT_NOT_FOUND,
	    "no file is a fault: %s", f.text);
	mkdir(path, 0700);
	ok(token_keys_load(path, true, &f) == NULL, "a directory is none: %s",
	    f.text);
	rmdir(path);
	ok(token_keys_load("/nonexistent/keys", true, &f) == NULL &&
		f.kind == FAULT_UNAVAILABLE,
	    "one that cannot be made is a fault: %s", f.text);
}

static void *
load_thread(void *arg)
{
	struct fault f;
	(void)arg;
	return token_keys_load(path, true, &f);
}

/* Several that find no file at once end with the same key, and nothing else
 * is left in the directory. */
static void
test_create(void)
{
	enum { N = 8 };
	pthread_t threads[N];
	void *keys[N];
	char first[TOKEN_LEN], other[TOKEN_LEN], command[500];
	struct token token = { TOKEN_UNSUB, 1, 2, 3 };
	struct stat st;
	for (int i = 0; i < N; i++)
		pthread_create(&threads[i], NULL, load_thread, NULL);
	for (int i = 0; i < N; i++)
		pthread_join(threads[i], &keys[i]);
	bool same = true;
	for (int i = 0; i < N; i++) {
		if (keys[i] == NULL) {
			same = false;
			continue;
		}
		token_make(keys[i], &token, other);
		if (i == 0)
			strcpy(first, other);
		same = same && strcmp(first, other) == 0;
		token_keys_free(keys[i]);
	}
	ok(same, "makers at once share one key");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640,
	    "the file's mode is 0640");
	ok(st.st_nlink == 1, "it has one name");
	snprintf(command, sizeof(command), "test $(ls '%s' | wc -l) = 1",
	    tap_dir());
	ok(system(command) == 0, "nothing else is left behind");
	unlink(path);
}

/* The ids whose bits matter. */
static const int64_t ids[] = { 1, 2, 255, 256, INT64_C(1) << 32,
	INT64_C(0x0123456789abcdef), INT64_MAX - 1, INT64_MAX };

static void
test_link(const struct token_keys *keys)
{
	char text[TOKEN_LEN];
	for (size_t i = 0; i < N_OF(ids); i++)
		for (int mask = 0; mask < 8; mask++) {
			struct token t = { TOKEN_PREF, mask & 1 ? ids[i] : 0,
				mask & 2 ? ids[i] - 1 : 0,
				mask & 4 ? ids[N_OF(ids) - 1 - i] : 0 };
			struct token back = { 0 };
			token_make(keys, &t, text);
			ok(token_read(keys, TOKEN_PREF, text, &back) == 1 &&
				back.purpose == TOKEN_PREF &&
				back.contact == t.contact &&
				back.topic == t.topic && back.email == t.email,
			    "%s comes back", text);
			ok(strlen(text) < 80 &&
				strspn(text,
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.") == strlen(text),
			    "and is short and plain");
		}
}

/* No change of one character, no other purpose, no cut or longer text is
 * taken. */
static void
test_link_forged(const struct token_keys *keys)
{
	struct token t = { TOKEN_CLICK, ids[5], 7, ids[6] }, back;
	char text[TOKEN_LEN], other[2 * TOKEN_LEN];
	int n_taken = 0;
	token_make(keys, &t, text);
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++)
		for (int c = 1; c < 256; c++) {
			strcpy(other, text);
			other[i] = (char)c;
			if ((char)c != text[i])
				n_taken +=
				    token_read(keys, TOKEN_CLICK, other, &back);
		}
	is_int(n_taken, 0, "no changed character is taken");
	for (size_t i = 0; i < n; i++) {
		strcpy(other, text);
		other[i] = '\0';
		n_taken += token_read(keys, TOKEN_CLICK, other, &back);
		n_taken += token_read(keys, TOKEN_CLICK, text + i + 1, &back);
	}
	is_int(n_taken, 0, "no part is taken");
	for (int p = TOKEN_UNSUB; p < TOKEN_PURPOSE_COUNT; p++)
		if (p != TOKEN_CLICK)
			n_taken += token_read(keys, (enum token_purpose)p, text,
			    &back);
	is_int(n_taken, 0, "no other purpose is taken");
	static const char *const tails[] = { "A", ".", "=", "==", "\n", " ",
		".x" };
	for (size_t i = 0; i < N_OF(tails); i++) {
		snprintf(other, sizeof(other), "%s%s", text, tails[i]);
		n_taken += token_read(keys, TOKEN_CLICK, other, &back);
	}
	is_int(n_taken, 0, "no longer text is taken");
	static const char *const rubbish[] = { "", ".", "v1", "v1.", "v1..",
		"v1...", "v2.1.AA.AA", "v1.1..", "v1.1.AA.", "v1.1.AA.AA",
		"v1.nokey.AA.AAAAAAAAAAAAAAAAAAAAAA",
		"v1.1.AA.AAAAAAAAAAAAAAAAAAAAAA" };
	for (size_t i = 0; i < N_OF(rubbish); i++)
		ok(token_read(keys, TOKEN_CLICK, rubbish[i], &back) == 0,
		    "rubbish %zu is not taken", i);
	char *huge = malloc(1 << 20);
	memset(huge, 'A', 1 << 20);
	memcpy(huge, "v1.1.", 5);
	huge[(1 << 20) - 1] = '\0';
	ok(token_read(keys, TOKEN_CLICK, huge, &back) == 0,
	    "nor is a megabyte");
	free(huge);
}

/* A link to a file says which and until when. */
static void
test_link_file(void)
{
	struct token_keys *keys = load("1 " KEY1 "\n");
	const struct token file = { .purpose = TOKEN_FILE,
		.email = INT64_MAX,
		.file = INT64_MAX - 1,
		.until_ms = INT64_MAX - 2 };
	const struct token all = { TOKEN_FILE, 1, 2, 3, 4, 5 };
	char text[TOKEN_LEN];
	struct token back;
	token_make(keys, &file, text);
	ok(token_read(keys, TOKEN_FILE, text, &back) == 1 &&
		back.email == file.email && back.file == file.file &&
		back.until_ms == file.until_ms && back.contact == 0,
	    "%s comes back", text);
	ok(strlen(text) < 80, "it is short");
	token_make(keys, &all, text);
	ok(token_read(keys, TOKEN_FILE, text, &back) == 1 &&
		back.contact == 1 && back.topic == 2 && back.email == 3 &&
		back.file == 4 && back.until_ms == 5 && strlen(text) < 100,
	    "all that one can say comes back");
	token_keys_free(keys);
}

/* What is known to be signed rightly but says nonsense. */
static void
test_link_payload(void)
{
	/* The same as token_make() with a payload of our choice. */
	static const struct {
		unsigned char payload[20];
		int n, taken;
	} cases[] = {
		{ { 0 }, 1, 1 },
		{ { 0 }, 0, 0 },
		{ { 0, 0 }, 2, 0 },
		{ { 8 }, 1, 0 },
		{ { 32 }, 1, 0 },
		{ { 1 }, 1, 0 },
		{ { 1, 0, 0, 0, 0, 0, 0, 0, 5 }, 9, 1 },
		{ { 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 9, 0 },
		{ { 1, 0x80, 0, 0, 0, 0, 0, 0, 5 }, 9, 0 },
		{ { 1, 0, 0, 0, 0, 0, 0, 0, 5, 6 }, 10, 0 },
		{ { 3, 0, 0, 0, 0, 0, 0, 0, 5 }, 9, 0 },
	};
	struct token_keys *keys = load("1 " KEY1 "\n");
	unsigned char key[SHA256_LEN] = { 0 }, mac[SHA256_LEN];
	for (size_t i = 0; i < N_OF(cases); i++) {
		char text[200] = "v1.1.", label[300] = "postflow link open";
		struct token back;
		size_t n = 5 +
		    base64url_encode(cases[i].payload, (size_t)cases[i].n,
			text + 5);
		size_t l = strlen(label) + 1;
		memcpy(label + l, text, n);
		hmac_sha256(key, sizeof(key), label, l + n, mac);
		text[n++] = '.';
		base64url_encode(mac, 16, text + n);
		is_int(token_read(keys, TOKEN_OPEN, text, &back),
		    cases[i].taken, "a signed payload is judged");
	}
	token_keys_free(keys);
}

static void
test_message_id(const struct token_keys *keys)
{
	char id[MESSAGE_ID_LEN], other[MESSAGE_ID_LEN + 8];
	int64_t email = 0;
	for (size_t i = 0; i < N_OF(ids); i++) {
		token_message_id(keys, ids[i], "example.com", id);
		ok(token_message_id_read(keys, id, &email) == 1 &&
			email == ids[i],
		    "%s comes back", id);
		snprintf(other, sizeof(other), "<%s>", id);
		ok(token_message_id_read(keys, other, &email) == 1,
		    "also in <>");
		for (char *p = other; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		ok(token_message_id_read(keys, other, &email) == 1,
		    "also in capitals");
	}
	int n_taken = 0;
	for (size_t i = 0; i < strcspn(id, "@") + 1; i++)
		for (int c = 1; c < 256; c++) {
			strcpy(other, id);
			other[i] = (char)c;
			if (tolower(c) != id[i])
				n_taken +=
				    token_message_id_read(keys, other, &email);
		}
	is_int(n_taken, 0, "no changed character is taken");
	for (size_t i = 0; i <= strcspn(id, "@") + 1; i++) {
		strcpy(other, id);
		other[i] = '\0';
		n_taken += token_message_id_read(keys, other, &email);
	}
	is_int(n_taken, 0, "no part is taken");
	static const char *const rubbish[] = { "", "<", ">", "<>", "pf.", "@",
		"<pf..@x>", "pf.a.b@c", "x@y" };
	for (size_t i = 0; i < N_OF(rubbish); i++)
		ok(token_message_id_read(keys, rubbish[i], &email) == 0,
		    "rubbish %zu is not ours", i);
	snprintf(other, sizeof(other), "<%s", id);
	ok(token_message_id_read(keys, other, &email) == 0, "half a bracket");
	char domain[254];
	memset(domain, 'd', 253);
	domain[253] = '\0';
	token_message_id(keys, 5, domain, id);
	ok(token_message_id_read(keys, id, &email) == 1 && email == 5,
	    "the longest domain fits");
}

static void
test_verp(const struct token_keys *keys)
{
	static const char *const prefixes[] = { "bounce", "unsub", "reply" };
	char local[VERP_LEN], other[VERP_LEN + 2];
	int64_t email = 0;
	int n_taken = 0;
	for (size_t i = 0; i < N_OF(ids); i++)
		for (size_t p = 0; p < N_OF(prefixes); p++) {
			token_verp(keys, prefixes[p], ids[i], local);
			ok(strlen(local) <= 64 &&
				token_verp_read(keys, prefixes[p], local,
				    &email) == 1 &&
				email == ids[i],
			    "%s comes back", local);
			strcpy(other, local);
			for (char *c = other; *c != '\0'; c++)
				*c = (char)toupper((unsigned char)*c);
			ok(token_verp_read(keys, prefixes[p], other, &email) ==
				1,
			    "also in capitals");
			/* another prefix, same token */
			const char *next = prefixes[(p + 1) % 3];
			snprintf(other, sizeof(other), "%s%s", next,
			    strchr(local, '+'));
			n_taken += token_verp_read(keys, next, other, &email);
			n_taken += token_verp_read(keys, next, local, &email);
		}
	is_int(n_taken, 0, "no other prefix is taken");
	for (size_t i = 0; i < strlen(local); i++)
		for (int c = 1; c < 256; c++) {
			strcpy(other, local);
			other[i] = (char)c;
			if (tolower(c) != local[i])
				n_taken += token_verp_read(keys, "reply", other,
				    &email);
		}
	is_int(n_taken, 0, "no changed character is taken");
	for (size_t i = 0; i < strlen(local); i++) {
		strcpy(other, local);
		other[i] = '\0';
		n_taken += token_verp_read(keys, "reply", other, &email);
	}
	snprintf(other, sizeof(other), "%sa", local);
	n_taken += token_verp_read(keys, "reply", other, &email);
	is_int(n_taken, 0, "no part and nothing longer is taken");
}

/* Everything signed by an old key holds while the key is listed. */
static void
test_rotation(void)
{
	struct token t = { TOKEN_UNSUB, 5, 6, 7 }, back;
	char link[TOKEN_LEN], fresh[TOKEN_LEN], id[MESSAGE_ID_LEN];
	char verp[VERP_LEN];
	int64_t email;
	struct token_keys *keys = load("old " KEY1 "\n");
	token_make(keys, &t, link);
	token_message_id(keys, 8, "x.y", id);
	token_verp(keys, "bounce", 9, verp);
	token_keys_free(keys);
	keys = load("new " KEY2 "\nold " KEY1 "\nolder " KEY3 "\n");
	ok(token_read(keys, TOKEN_UNSUB, link, &back) == 1, "a link holds");
	ok(token_message_id_read(keys, id, &email) == 1, "a Message-ID holds");
	ok(token_verp_read(keys, "bounce", verp, &email) == 1,
	    "a return path holds");
	token_make(keys, &t, fresh);
	ok(strncmp(fresh, "v1.new.", 7) == 0, "the newest key signs");
	token_keys_free(keys);
	keys = load("new " KEY2 "\nold " KEY3 "\n");
	ok(token_read(keys, TOKEN_UNSUB, fresh, &back) == 1,
	    "a listed key verifies");
	ok(token_read(keys, TOKEN_UNSUB, link, &back) == 0 &&
		token_message_id_read(keys, id, &email) == 0 &&
		token_verp_read(keys, "bounce", verp, &email) == 0,
	    "with the key gone, nothing of it does");
	token_keys_free(keys);
}

/* A file's text, for a moment. */
static const char *
file_text(void)
{
	static char text[8192];
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

/* The name under which a key is put on top of a file; or the refusal. */
static const char *
rotated(const char *text)
{
	static char kid[TOKEN_KID_LEN];
	static struct fault f;
	token_keys_free(load(text));
	return token_keys_rotate(path, kid, &f) == 0 ? kid : f.text;
}

/* A key is put on top of a file. */
static void
test_another_key(void)
{
	struct token t = { TOKEN_UNSUB, 5, 6, 7 }, back;
	struct fault f = { 0 };
	struct stat st;
	char link[TOKEN_LEN], fresh[TOKEN_LEN], kid[TOKEN_KID_LEN];
	struct token_keys *keys =
	    load("# Ours.\n\n3 " KEY1 "\n# Old.\na " KEY2 "\n");
	token_make(keys, &t, link);
	token_keys_free(keys);
	chmod(path, 0600);
	is_int(token_keys_rotate(path, kid, &f), 0, "a key is put on top");
	is(kid, "4", "its name is the next number");
	ok(strncmp(file_text(), "# Ours.\n\n4 ", 11) == 0,
	    "behind the words at the beginning");
	ok(strstr(file_text(), "\n3 " KEY1 "\n# Old.\na " KEY2 "\n") != NULL,
	    "what was there stays");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "so does the mode");
	keys = token_keys_load(path, false, &f);
	token_make(keys, &t, fresh);
	ok(strncmp(fresh, "v1.4.", 5) == 0, "it signs");
	ok(token_read(keys, TOKEN_UNSUB, link, &back) == 1,
	    "what was signed before holds");
	token_keys_free(keys);
	is(rotated("9999999 " KEY1 "\nb " KEY2 "\n"), "0",
	    "behind the last number comes the first that is free");
	is(rotated("9999999 " KEY1 "\n0 " KEY2 "\n1 " KEY3 "\n"), "2",
	    "which may be a later one");
	is(rotated("b " KEY1), "1", "a last line may end without an end");
	keys = token_keys_load(path, false, &f);
	ok(keys != NULL, "and the file is good: %s", f.text);
	token_keys_free(keys);
	int n = 1;
	while (n < 100 && token_keys_rotate(path, kid, &f) == 0)
		n++;
	is_int(n, 31, "there may be 32 keys");
	ok(f.kind == FAULT_LIMIT && strstr(f.text, "32 keys") != NULL, "%s",
	    f.text);
	unlink(path);
	ok(token_keys_rotate(path, kid, &f) != 0, "no file: %s", f.text);
}

int
main(void)
{
	snprintf(path, sizeof(path), "%s/keys", tap_dir());
	test_file();
	test_create();
	struct token_keys *keys = load("2 " KEY1 "\n1 " KEY2 "\n");
	test_link(keys);
	test_link_forged(keys);
	test_message_id(keys);
	test_verp(keys);
	token_keys_free(keys);
	test_link_file();
	test_link_payload();
	test_rotation();
	test_another_key();
	return tap_done();
}
