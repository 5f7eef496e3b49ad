/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "conf/place.h"
#include "tests/tap.h"

static char file[400];

static void
write_file(const char *path, const char *text, size_t len)
{
	FILE *fp = fopen(path, "w");
	if (fp == NULL || fwrite(text, 1, len, fp) != len || fclose(fp) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
}

/* Loads a configuration of that text. */
static struct conf *
load(const char *text, struct fault *f)
{
	*f = (struct fault){ .kind = FAULT_NONE };
	write_file(file, text, strlen(text));
	return conf_load(file, f);
}

/* A configuration that must be good. */
static struct conf *
good(const char *text)
{
	struct fault f;
	struct conf *c = load(text, &f);
	if (c == NULL) {
		printf("Bail out! %s\n", f.text);
		exit(1);
	}
	return c;
}

/* The sentence behind the file's name, or "taken" if there was no fault. */
static const char *
refusal(const char *text)
{
	static struct fault f;
	struct conf *c = load(text, &f);
	size_t n = strlen(file);
	if (c == NULL && f.kind != FAULT_NONE && strncmp(f.text, file, n) == 0)
		return f.text + n;
	if (c == NULL)
		return f.text;
	conf_free(c);
	return "taken";
}

/* ---- defaults -------------------------------------------------------- */

static void
test_defaults(void)
{
	struct conf *c = good("");
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	is(c->path, file, "the file's name is kept");
	is(c->user, "postflow", "user");
	is(c->group, NULL, "group");
	is(c->node_name, host, "node_name is the host's name");
	is(c->state_dir, LOCALSTATEDIR "/lib/postflow", "state_dir");
	is(c->run_dir, RUNSTATEDIR "/postflow", "run_dir");
	is(c->spool_dir, LOCALSTATEDIR "/lib/postflow/spool", "spool_dir");
	is(c->log_target, "syslog", "log.target");
	is_int(c->log_level, LOG_LEVEL_INFO, "log.level");
	is(c->database, LOCALSTATEDIR "/lib/postflow/postflow.db",
	    "store.path");
	is_int(c->cache_size, 16 << 20, "store.cache_size");
	is_int(c->wal_limit, 64 << 20, "store.wal_limit");
	is_int(c->wal_reserve, 16 << 20, "store.wal_reserve");
	is_int(c->readers, 2, "store.readers");
	is_int(c->batch_items, 512, "store.batch_items");
	is_int(c->batch_ms, 10, "store.batch_time");
	is(c->api.listen[0], "127.0.0.1:8025", "api.listen");
	is(c->api.listen[1], NULL, "api.listen has one element");
	is(c->api.tls_certificate, NULL, "api.tls_certificate");
	is(c->api.tls_key, NULL, "api.tls_key");
	is(c->api_socket, RUNSTATEDIR "/postflow/api.sock", "api.socket");
	is(c->allow_hosts[0], NULL, "api.hosts");
	is_int(c->max_connections, 10000, "api.max_connections");
	is_int(c->header_timeout_ms, 10000, "api.header_timeout");
	is_int(c->body_timeout_ms, 30000, "api.body_timeout");
	is_int(c->idle_timeout_ms, 75000, "api.idle_timeout");
	is_int(c->memory_budget, 64 << 20, "api.memory_budget");
	is(c->api_prefix, NULL, "api.prefix");
	is_int(c->rate_limit, 0, "api.rate_limit");
	is_int(c->log_entries, 1000, "api.log_entries");
	ok(!c->log_events, "api.log_events");
	is(c->public.listen[0], NULL, "public.listen");
	is(c->public.tls_certificate, NULL, "public.tls_certificate");
	is(c->public.tls_key, NULL, "public.tls_key");
	is(c->public_url, NULL, "public.url");
	is(c->events_socket, RUNSTATEDIR "/postflow/events.sock",
	    "events.socket");
	is(c->allow_users[0], NULL, "access.allow_users");
	is(c->allow_groups[0], NULL, "access.allow_groups");
	is_int(c->idempotency_ms, 24 * 3600 * 1000, "idempotency.keys");
	is_int(c->event_id_ms, 7 * 24 * 3600 * 1000, "idempotency.events");
	is(c->domains[0], NULL, "mail.domains");
	is(c->signing_keys, LOCALSTATEDIR "/lib/postflow/signing.keys",
	    "mail.signing_keys");
	is(c->bounce_domain, NULL, "mail.bounce_domain");
	is(c->report_domain, NULL, "mail.report_domain");
	ok(c->escape_data, "mail.escape_data");
	is(c->inject_backend, "smtp", "injection.backend");
	is(c->inject_host, "127.0.0.1", "injection.host");
	is_int(c->inject_port, 10587, "injection.port");
	is(c->inject_helo, NULL, "injection.helo");
	is(c->inject_tls, "none", "injection.tls");
	is(c->inject_tls_ca, NULL, "injection.tls_ca");
	is(c->inject_user, NULL, "injection.user");
	is(c->inject_password_file, NULL, "injection.password_file");
	is(c->inject_maildir, NULL, "injection.maildir");
	is_int(c->inject_sessions, 5, "injection.sessions");
	is_int(c->inject_timeout_ms, 60000, "injection.timeout");
	is_int(c->inject_rate, 0, "injection.rate");
	is(c->on_doubt, "resend", "injection.on_doubt");
	is_int(c->retry_first_ms, 5000, "injection.retry_first");
	is_int(c->retry_last_ms, 3600 * 1000, "injection.retry_last");
	is_int(c->retry_give_up_ms, 5 * 24 * 3600 * 1000, "injection.give_up");
	is_int(c->max_depth, 8, "engine.max_depth");
	is_int(c->mails_per_contact_day, 20, "engine.mails_per_contact_day");
	ok(!c->versioned_edits, "engine.versioned_edits");
	is(c->on_stop, "continue", "engine.on_stop");
	is_int(c->surge_factor, 20, "engine.surge_factor");
	is_int(c->surge_mails, 1000, "engine.surge_mails");
	const int64_t day = 24 * 3600 * 1000;
	is_int(c->keep_events_ms, 90 * day, "retention.events");
	is_int(c->keep_runs_ms, 365 * day, "retention.runs");
	is_int(c->keep_emails_ms, 365 * day, "retention.emails");
	is_int(c->keep_webhooks_ms, 30 * day, "retention.webhooks");
	ok(!c->webhooks_private, "webhooks.allow_private");
	conf_free(c);
	conf_free(NULL);
}

/* ---- every key ------------------------------------------------------- */

/* A key, a good value with what it changes (NULL: the key alone), and bad
 * values, each with the end of its refusal. */
static const struct {
	const char *key, *good, *changes;
	struct {
		const char *text, *sentence;
	} bad[4];
} cases[] = {
	{ "user", "mail", NULL,
	    { { "\"a b\"", "\"a b\" is not a name" },
		{ "\"\"", "needs a value" } } },
	{ "group", "mail", NULL, { { "\"a>b\"", "\"a>b\" is not a name" } } },
	{ "node_name", "mx1", NULL,
	    { { "\"n\\n\"",
		"\"n?\" holds control characters or is not UTF-8" } } },
	{ "state_dir", "/srv/pf",
	    "state_dir spool_dir store.path mail.signing_keys",
	    { { "srv", "\"srv\" is not an absolute path" } } },
	{ "run_dir", "/srv/run", "run_dir api.socket events.socket",
	    { { "\"\"", "needs a value" } } },
	{ "spool_dir", "/srv/spool", NULL,
	    { { "spool", "\"spool\" is not an absolute path" } } },
	{ "log.target", "/var/log/pf", NULL,
	    { { "journal",
		"\"journal\" is neither syslog nor stderr nor an "
		"absolute path" } } },
	{ "log.level", "debug", NULL,
	    { { "loud",
		"\"loud\" is none of debug, info, warn, error, "
		"fatal" } } },
	{ "store.path", "/srv/a.db", NULL,
	    { { "a.db", "\"a.db\" is not an absolute path" } } },
	{ "store.cache_size", "\"1 MB\"", NULL,
	    { { "1048575B", "\"1048575B\" is out of range: 1 MB to 64 GB" },
		{ "65GB", "\"65GB\" is out of range: 1 MB to 64 GB" },
		{ "\"1 TB\"",
		    "\"1 TB\" is not a size such as \"64 MB\" "
		    "(B, KB, MB, GB)" } } },
	{ "store.wal_limit", "16GB", NULL,
	    { { "1023KB", "\"1023KB\" is out of range: 1 MB to 16 GB" },
		{ "17GB", "\"17GB\" is out of range: 1 MB to 16 GB" },
		{ "67108864",
		    "\"67108864\" is not a size such as \"64 "
		    "MB\" (B, KB, MB, GB)" } } },
	{ "store.wal_reserve", "\"4 GB\"", NULL,
	    { { "0B", "\"0B\" is out of range: 1 MB to 4 GB" },
		{ "5GB", "\"5GB\" is out of range: 1 MB to 4 GB" } } },
	{ "store.readers", "64", NULL,
	    { { "0", "\"0\" is out of range: 1 to 64" },
		{ "65", "\"65\" is out of range: 1 to 64" },
		{ "two", "\"two\" is not a whole number" },
		{ "-1", "\"-1\" is not a whole number" } } },
	{ "store.batch_items", "65536", NULL,
	    { { "0", "\"0\" is out of range: 1 to 65536" },
		{ "65537", "\"65537\" is out of range: 1 to 65536" },
		{ "0x10", "\"0x10\" is not a whole number" } } },
	{ "store.batch_time", "\"1 s\"", NULL,
	    { { "0ms", "\"0ms\" is out of range: 1 ms to 1 s" },
		{ "1001ms", "\"1001ms\" is out of range: 1 ms to 1 s" },
		{ "10",
		    "\"10\" is not a duration such as \"30 s\" (ms, s, "
		    "min, h, days)" } } },
	{ "api.listen", "{\"[::1]:8025\", \"0.0.0.0:1\"}", NULL,
	    { { "\"127.0.0.1\"",
		  "\"127.0.0.1\" is not an address and port "
		  "such as 127.0.0.1:8025 or [::1]:8025" },
		{ "\"localhost:80\"",
		    "\"localhost:80\" is not an address and port such as "
		    "127.0.0.1:8025 or [::1]:8025" },
		{ "{\"[::1]:1\", \"1.2.3.4:0\"}",
		    "\"1.2.3.4:0\" is not an address and port such as "
		    "127.0.0.1:8025 or [::1]:8025" },
		{ "\"\"", "needs a value" } } },
	{ "api.tls_certificate", "/c tls_key=/k",
	    "api.tls_certificate api.tls_key",
	    { { "/c", "needs api.tls_key too" } } },
	{ "api.tls_key", "/k tls_certificate=/c",
	    "api.tls_certificate api.tls_key",
	    { { "/k", "needs api.tls_certificate too" } } },
	{ "api.socket", "/run/a", NULL,
	    { { "a", "\"a\" is not an absolute path" },
		{ "/2345678901234567890123456789012345678901234567890"
		  "1234567890123456789012345678901234567890123456789012345678",
		    "\"/234567890123456789012345678901234567890123456789"
		    "0123456789012345678901234567890...\" is longer than "
		    "the 107 bytes a socket's path may have" } } },
	{ "api.hosts", "{pf.example.org, pf}", NULL,
	    { { "\"p f\"", "\"p f\" is not a name" } } },
	{ "api.max_connections", "1000000", NULL,
	    { { "0", "\"0\" is out of range: 1 to 1000000" },
		{ "1000001", "\"1000001\" is out of range: 1 to 1000000" } } },
	{ "api.header_timeout", "\"10 min\"", NULL,
	    { { "99ms", "\"99ms\" is out of range: 100 ms to 10 min" },
		{ "11min", "\"11min\" is out of range: 100 ms to 10 min" } } },
	{ "api.body_timeout", "100ms", NULL,
	    { { "99ms", "\"99ms\" is out of range: 100 ms to 1 h" },
		{ "2h", "\"2h\" is out of range: 100 ms to 1 h" } } },
	{ "api.idle_timeout", "1h", NULL,
	    { { "0s", "\"0s\" is out of range: 100 ms to 1 h" },
		{ "3601s", "\"3601s\" is out of range: 100 ms to 1 h" } } },
	{ "api.memory_budget", "1MB", NULL,
	    { { "1KB", "\"1KB\" is out of range: 1 MB to 64 GB" },
		{ "9223372036854775807GB",
		    "\"9223372036854775807GB\" is not a size such as \"64 "
		    "MB\" (B, KB, MB, GB)" } } },
	{ "api.prefix", "/resend", NULL,
	    { { "resend", "\"resend\" is not an absolute path" } } },
	{ "api.rate_limit", "10", NULL,
	    { { "1000001", "\"1000001\" is out of range: 0 to 1000000" } } },
	{ "api.log_entries", "0", NULL,
	    { { "100001", "\"100001\" is out of range: 0 to 100000" } } },
	{ "api.log_events", "yes", NULL,
	    { { "2", "\"2\" is neither yes nor no" } } },
	{ "public.listen", "\"[::]:443\"", NULL,
	    { { "\"::1:443\"",
		  "\"::1:443\" is not an address and port such as "
		  "127.0.0.1:8025 or [::1]:8025" },
		{ "\"1.2.3.4:65536\"",
		    "\"1.2.3.4:65536\" is not an address and port such as "
		    "127.0.0.1:8025 or [::1]:8025" } } },
	{ "public.tls_certificate", "/c tls_key=/k",
	    "public.tls_certificate public.tls_key",
	    { { "c", "\"c\" is not an absolute path" } } },
	{ "public.tls_key", "/k tls_certificate=/c",
	    "public.tls_certificate public.tls_key",
	    { { "/k", "needs public.tls_certificate too" } } },
	{ "public.url", "https://m.example.org", NULL,
	    { { "\"http://m.example.org\"",
		  "\"http://m.example.org\" must begin with https:// as its "
		  "host is not loopback" },
		{ "\"https://u@h/\"",
		    "\"https://u@h/\" is not a URL such as "
		    "https://mail.example.org" },
		{ "m.example.org",
		    "\"m.example.org\" is not a URL such as "
		    "https://mail.example.org" } } },
	{ "events.socket", "/run/e", NULL, { { "\"\"", "needs a value" } } },
	{ "access.allow_users", "{shop, root}", NULL,
	    { { "{shop, \"\"}", "needs a value" } } },
	{ "access.allow_groups", "{shops}", NULL,
	    { { "\"<\"", "\"<\" is not a name" } } },
	{ "idempotency.keys", "\"365 days\"", NULL,
	    { { "59s", "\"59s\" is out of range: 1 min to 365 days" },
		{ "366days",
		    "\"366days\" is out of range: 1 min to 365 days" } } },
	{ "idempotency.events", "\"1 day\"", NULL,
	    { { "1s", "\"1s\" is out of range: 1 min to 365 days" } } },
	{ "mail.domains", "{example.org, b.example}", NULL,
	    { { "\"example..org\"",
		  "\"example..org\" is not a domain name of "
		  "letters, digits and hyphens" },
		{ "\"bücher.example\"",
		    "\"bücher.example\" is not a domain name of letters, "
		    "digits and hyphens" } } },
	{ "mail.signing_keys", "/etc/k", NULL,
	    { { "k", "\"k\" is not an absolute path" } } },
	{ "mail.bounce_domain", "b.example.org", NULL,
	    { { "-b.example",
		"\"-b.example\" is not a domain name of "
		"letters, digits and hyphens" } } },
	{ "mail.report_domain", "r.example.org", NULL,
	    { { "r.example.",
		"\"r.example.\" is not a domain name of "
		"letters, digits and hyphens" } } },
	{ "mail.escape_data", "no", NULL,
	    { { "maybe", "\"maybe\" is neither yes nor no" },
		{ "1", "\"1\" is neither yes nor no" } } },
	{ "injection.backend", "maildir maildir = /m",
	    "injection.backend injection.maildir",
	    { { "smt", "\"smt\" is none of smtp, lmtp, maildir" },
		{ "maildir", "\"maildir\" needs injection.maildir" } } },
	{ "injection.host", "mx.example.org", NULL,
	    { { "\"a b\"", "\"a b\" is not a name" } } },
	{ "injection.port", "65535", NULL,
	    { { "0", "\"0\" is out of range: 1 to 65535" },
		{ "65536", "\"65536\" is out of range: 1 to 65535" } } },
	{ "injection.helo", "\"[127.0.0.1]\"", NULL,
	    { { "\"a\\rb\"",
		"\"a?b\" holds control characters or is not UTF-8" } } },
	{ "injection.tls", "may", NULL,
	    { { "dane", "\"dane\" is none of none, may, encrypt, verify" } } },
	{ "injection.tls_ca", "/c tls = verify",
	    "injection.tls injection.tls_ca",
	    { { "/c", "is for injection.tls \"verify\"" } } },
	{ "injection.user", "app password_file = /p",
	    "injection.user injection.password_file",
	    { { "app", "and injection.password_file need each other" } } },
	{ "injection.password_file", "/p user = app",
	    "injection.user injection.password_file",
	    { { "/p", "and injection.user need each other" } } },
	{ "injection.maildir", "/m", NULL,
	    { { "m", "\"m\" is not an absolute path" } } },
	{ "injection.sessions", "256", NULL,
	    { { "0", "\"0\" is out of range: 1 to 256" },
		{ "257", "\"257\" is out of range: 1 to 256" } } },
	{ "injection.timeout", "100ms", NULL,
	    { { "99ms", "\"99ms\" is out of range: 100 ms to 1 h" },
		{ "61min", "\"61min\" is out of range: 100 ms to 1 h" } } },
	{ "injection.rate", "1000000", NULL,
	    { { "1000001", "\"1000001\" is out of range: 0 to 1000000" },
		{ "99999999999999999999",
		    "\"99999999999999999999\" is not a whole number" } } },
	{ "injection.on_doubt", "hold", NULL,
	    { { "drop", "\"drop\" is none of resend, hold" } } },
	{ "injection.retry_first", "1h", NULL,
	    { { "99ms", "\"99ms\" is out of range: 100 ms to 24 h" },
		{ "25h", "\"25h\" is out of range: 100 ms to 24 h" },
		{ "2h", "is longer than injection.retry_last" } } },
	{ "injection.retry_last", "24h", NULL,
	    { { "25h", "\"25h\" is out of range: 100 ms to 24 h" } } },
	{ "injection.give_up", "1s", NULL,
	    { { "999ms", "\"999ms\" is out of range: 1 s to 365 days" },
		{ "366days",
		    "\"366days\" is out of range: 1 s to 365 "
		    "days" } } },
	{ "engine.max_depth", "100", NULL,
	    { { "0", "\"0\" is out of range: 1 to 100" },
		{ "101", "\"101\" is out of range: 1 to 100" } } },
	{ "engine.mails_per_contact_day", "100000", NULL,
	    { { "0", "\"0\" is out of range: 1 to 100000" },
		{ "100001", "\"100001\" is out of range: 1 to 100000" } } },
	{ "engine.versioned_edits", "yes", NULL,
	    { { "maybe", "\"maybe\" is neither yes nor no" } } },
	{ "engine.on_stop", "cancel", NULL,
	    { { "wait", "\"wait\" is none of continue, cancel" } } },
	{ "engine.surge_factor", "0", NULL,
	    { { "1000001", "\"1000001\" is out of range: 0 to 1000000" } } },
	{ "engine.surge_mails", "5", NULL,
	    { { "0", "\"0\" is out of range: 1 to 1000000000" } } },
	{ "retention.events", "0ms", NULL,
	    { { "3651days",
		"\"3651days\" is out of range: 0 ms to 3650 days" } } },
	{ "retention.runs", "1h", NULL,
	    { { "3651days",
		"\"3651days\" is out of range: 0 ms to 3650 days" } } },
	{ "retention.emails", "1h", NULL,
	    { { "3651days",
		"\"3651days\" is out of range: 0 ms to 3650 days" } } },
	{ "retention.webhooks", "1h", NULL,
	    { { "3651days",
		"\"3651days\" is out of range: 0 ms to 3650 days" } } },
	{ "webhooks.allow_private", "yes", NULL,
	    { { "maybe", "\"maybe\" is neither yes nor no" } } },
	{ "stream.list_id", "\"News <news.example.org>\"", NULL,
	    { { "\"N\\nX: y\"",
		"\"N?X: y\" holds control characters or is not UTF-8" } } },
	{ "stream.precedence", "list", NULL,
	    { { "\"Ü\"", "\"Ü\" is not printable ASCII" } } },
	{ "stream.feedback_id", "\"a:b:c:postflow\"", NULL,
	    { { "\"\\xff\"",
		"\"?\" holds control characters or is not UTF-8" } } },
};

/* The text of a file that says one key, in line 2. */
static const char *
one_key(const char *key, const char *value)
{
	static char text[600];
	const char *dot = strchr(key, '.');
	if (dot == NULL)
		snprintf(text, sizeof(text), "# first line\n%s = %s\n", key,
		    value);
	else
		snprintf(text, sizeof(text), "# first line\n%.*s %s{ %s = %s }",
		    (int)(dot - key), key,
		    strncmp(key, "stream.", 7) == 0 ? "automation " : "",
		    dot + 1, value);
	return text;
}

static void
add_key(void *arg, const char *key, bool reloadable)
{
	ok(reloadable == conf_reloadable(key), "%s: one answer about reloading",
	    key);
	buf_printf(arg, "%s%s", ((struct buf *)arg)->len > 0 ? " " : "", key);
}

static void
test_every_key(void)
{
	struct conf *preset = good("");
	char expected[400], what[400];
	int n_keys = 0;
	while (conf_key_name(n_keys) != NULL)
		n_keys++;
	is_int(N_OF(cases), n_keys, "every key has its case here");
	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *key = cases[i].key;
		struct buf changed = { 0 };
		/* A good value may say further keys of its section. */
		struct conf *c = good(one_key(key, cases[i].good));
		conf_compare(preset, c, add_key, &changed);
		is(changed.data, cases[i].changes ? cases[i].changes : key,
		    key);
		buf_free(&changed);
		conf_free(c);
		ok(cases[i].bad[0].text != NULL, "%s has a bad value", key);
		for (int j = 0; j < 4 && cases[i].bad[j].text != NULL; j++) {
			const char *bad = cases[i].bad[j].text;
			snprintf(what, sizeof(what), "%s = %s", key, bad);
			snprintf(expected, sizeof(expected), ":2: %s %s", key,
			    cases[i].bad[j].sentence);
			is(refusal(one_key(key, bad)), expected, what);
		}
	}
	conf_free(preset);
}

/* Both ends of every range are taken, the default lies within. */
static void
test_range_ends(void)
{
	int n = 0;
	for (int i = 0; conf_key_name(i) != NULL; i++) {
		const char *ends[3], *key = conf_key_name(i);
		char quoted[100];
		conf_key_range(i, &ends[0], &ends[1]);
		ends[2] = conf_key_default(i);
		if (ends[1] == NULL)
			continue;
		n++;
		for (int j = 0; j < 3; j++) {
			/* The first wait must not be over the last. */
			snprintf(quoted, sizeof(quoted), "\"%s\"%s", ends[j],
			    strcmp(key, "injection.retry_first") == 0
				? " retry_last = 24h"
				: "");
			if (strcmp(key, "injection.retry_last") == 0)
				snprintf(quoted, sizeof(quoted),
				    "\"%s\" retry_first = 100ms", ends[j]);
			is(refusal(one_key(key, quoted)), "taken", key);
		}
	}
	ok(n > 20, "%d ranges", n);
}

/* ---- the file's grammar ---------------------------------------------- */

static void
test_grammar(void)
{
	static const struct {
		const char *text, *sentence;
	} bad[] = {
		{ "\n\nusr = x\n", ":3: there is no key \"usr\"" },
		{ "store {\n pth = /x\n}\n",
		    ":2: there is no key \"pth\" in section store" },
		{ "stores {\n}\n", ":1: there is no key \"stores\"" },
		{ "store { wal_limit = 64 MB }\n",
		    ":1: store.wal_limit \"64\" is not a size such as "
		    "\"64 MB\" (B, KB, MB, GB)" },
		{ "store|path = /x\n", ":1: there is no key \"path\"" },
		{ "user\n= {a}\n", ":2: unexpected token '{'" },
		{ "user root\n", ":1: missing equal sign after option 'user'" },
		{ "store {\n\npath = /x\n", ":1: a brace is not closed" },
		{ "user =", ":2: premature end of file" },
		{ "api { listen = {\n", ":1: a brace is not closed" },
		{ "\napi { } store {\n user = '}'\n # }\n",
		    ":2: a brace is not closed" },
		{ "user = x }\n", ":1: unexpected closing brace" },
		{ "\nuser = \"x\n", ":2: a text in quotes is not closed" },
		{ "user = 'x\n'", ":1: a text in quotes is not closed" },
		{ "user = x\n/* a\n b\n", ":2: a comment is not closed" },
		{ "user = \"${HOME}\"",
		    ":1: \"${\" stands for nothing here: write \"\\${\"" },
		{ "user = ${HOME}", ":1: \"${\" stands for nothing here" },
		{ "# \xff\n", ":1: the line is not UTF-8" },
		{ "user = a\n\x01\n",
		    ":2: the line holds the control byte "
		    "0x01" },
		{ "stream A { }\n",
		    ":1: the name of a stream is 1 to 63 of "
		    "a-z, 0-9, - and _, not \"A\"" },
		{ "stream \"\" {\n}\n",
		    ":2: the name of a stream is 1 to 63 of a-z, 0-9, - and "
		    "_, not \"\"" },
		{ "stream { }\n", ":1: missing title for section 'stream'" },
		{ "include()\n", ":1: include takes the name of one file" },
		{ "include(a,b)\n", ":1: include takes the name of one file" },
		{ "injection {\nretry_last = 1s\n}",
		    ": injection.retry_first is longer than "
		    "injection.retry_last" },
		{ "api { socket = /a }\nevents { socket = /a }\n",
		    ":2: events.socket and api.socket are the same" },
		{ "/* one\n two */ /* three */ # four\n// five\n\nx = y\n",
		    ":5: there is no key \"x\"" },
		{ "\"a\xc2\x84\xe2\x80\xa8\" = 1",
		    ":1: there is no key \"a??\"" },
		{ "\"a\\nb\" = 1\n", ":1: there is no key \"a?b\"" },
	};
	for (size_t i = 0; i < N_OF(bad); i++)
		is(refusal(bad[i].text), bad[i].sentence, bad[i].sentence);
}

static void
test_notation(void)
{
	struct conf *c = good("# comment\r\n"
			      "log { target = '/a\\'b' } # \"not a text\r\n"
			      "node_name = \"x\\x41\\175{\"\n"
			      "user = mail user = mail;\n");
	is(c->log_target, "/a'b", "a quote in single quotes");
	is(c->node_name, "xA}{", "escapes in double quotes");
	is(c->user, "mail;", "a later line wins; a semicolon is no separator");
	conf_free(c);
	c = good("node_name = \"a#b\" public { url = http://localhost:80//x/ }"
		 " // end");
	is(c->node_name, "a#b", "a hash in quotes is no comment");
	is(c->public_url, "http://localhost:80//x",
	    "slashes in a word are none; those at the end of a URL go");
	conf_free(c);
	c = good("api {\n listen = { # both\n\t'127.0.0.1:1', /* v6 */\n"
		 "\"[::1]:1\" } }\napi { listen += '127.0.0.2:1' }\n");
	is(c->api.listen[1], "[::1]:1", "comments stand in lists");
	is(c->api.listen[2], "127.0.0.2:1", "+= adds to a list");
	is(c->api.listen[3], NULL, "which ends");
	conf_free(c);
	c = good("api { listen = {} }");
	is(c->api.listen[0], NULL, "an empty list is no listener");
	conf_free(c);
	c = good("mail { domains = Example.ORG report_domain = r.example }\n"
		 "mail { report_domain = \"\" }\n");
	is(c->domains[0], "example.org", "domains come out in lower case");
	is(c->report_domain, NULL, "an empty text takes a value back");
	conf_free(c);
	c = good("store{cache_size=\"1048576 B\" wal_limit=2048KB}"
		 "idempotency{keys=\"90 min\" events=\"2 days\"}"
		 "mail{escape_data=off}");
	is_int(c->cache_size, 1 << 20, "bytes");
	is_int(c->wal_limit, 2 << 20, "a KB is 1024 bytes");
	is_int(c->idempotency_ms, 5400000, "minutes");
	is_int(c->event_id_ms, 172800000, "days");
	ok(!c->escape_data, "off is no");
	conf_free(c);
}

static void
test_streams(void)
{
	struct conf *c = good("stream news { list_id = \"n.example.org\" }\n"
			      "stream automation { feedback_id = a }\n"
			      "stream transactional { precedence = junk }\n"
			      "stream news { feedback_id = \"f\" }\n");
	const struct conf_stream *s = conf_stream_find(c, "news");
	is_int(c->n_streams, 3, "two streams are given, one is new");
	is(s->feedback_id, "f", "a stream said again");
	is(s->list_id, NULL, "is a new one");
	is(conf_stream_find(c, "automation")->precedence, "bulk",
	    "automation keeps its precedence");
	is(conf_stream_find(c, "transactional")->precedence, "junk",
	    "transactional has the one it was given");
	ok(conf_stream_find(c, "other") == NULL, "an unknown stream");
	conf_free(c);
	c = good("stream automation { precedence = \"\" }");
	is(conf_stream_find(c, "automation")->precedence, NULL,
	    "an empty text takes the precedence away");
	is(conf_stream_find(c, "transactional")->precedence, NULL,
	    "transactional mail has none");
	conf_free(c);
}

/* ---- files ----------------------------------------------------------- */

static void
test_include(void)
{
	char path[500], expected[700];
	struct fault f;
	snprintf(path, sizeof(path), "%s/extra.conf", tap_dir());
	write_file(path, "api { listen = '127.0.0.1:2' }\nuser = b\n", 40);
	struct conf *c = good("api { listen = {'127.0.0.1:1', '[::1]:1'} }\n"
			      "user = a\ninclude(\"extra.conf\")\n"
			      "group = g\n");
	is(c->user, "b", "what an included file says later wins");
	is(c->api.listen[0], "127.0.0.1:2", "a later list wins");
	is(c->api.listen[1], NULL, "as a whole");
	is(c->group, "g", "the outer file goes on");
	conf_free(c);

	write_file(path, "\nuser = b\nbad = c\n", 18);
	ok(load("include(extra.conf)\n", &f) == NULL, "a fault inside");
	snprintf(expected, sizeof(expected), "%s:3: there is no key \"bad\"",
	    path);
	is(f.text, expected, "names the included file and its line");

	write_file(path, "\n\nuser = b\n", 11);
	is(refusal("include(extra.conf)\n\nbad = c\n"),
	    ":3: there is no key \"bad\"",
	    "behind an included file lines count as before");

	write_file(path, "api { tls_key = /k }\n", 21);
	ok(load("include(extra.conf)\n\n\n", &f) == NULL, "a check of all");
	snprintf(expected, sizeof(expected),
	    "%s:1: api.tls_key needs api.tls_certificate too", path);
	is(f.text, expected, "blames the line that said the key");

	snprintf(expected, sizeof(expected), ":2: the included file \"%.80s",
	    tap_dir());
	ok(strncmp(refusal("\ninclude(none.conf)\n"), expected,
	       strlen(expected)) == 0,
	    "a missing file is the fault of the line that names it");
	for (int i = 0; i < 20; i++)
		ok(load("include(test.conf)", &f) == NULL &&
			strstr(f.text, ":1: too many files are included"),
		    "a file that includes itself ends, time %d", i);
	c = good("user = b\n");
	is(c->user, "b", "and the next file is read as ever");
	conf_free(c);
}

static void
test_files(void)
{
	char path[600], expected[800];
	struct fault f = { .kind = FAULT_NONE };
	snprintf(path, sizeof(path), "%s/none", tap_dir());
	ok(conf_load(path, &f) == NULL, "a missing file is refused");
	is_int(f.kind, FAULT_NOT_FOUND, "as not found");
	snprintf(expected, sizeof(expected),
	    "%s: cannot be opened: No such file or directory", path);
	is(f.text, expected, "with its name");
	ok(conf_load(tap_dir(), &f) == NULL, "a directory is refused");
	snprintf(expected, sizeof(expected), "%s: is not a regular file",
	    tap_dir());
	is(f.text, expected, "as such");
	mkfifo(path, 0600);
	ok(conf_load(path, &f) == NULL, "a pipe is refused without waiting");
	snprintf(path, sizeof(path), "%s/nul", tap_dir());
	write_file(path, "user = a\n\0user = b\n", 19);
	ok(conf_load(path, &f) == NULL, "a NUL byte is refused");
	snprintf(expected, sizeof(expected),
	    "%s:2: the line holds the control byte 0x00", path);
	is(f.text, expected, "with its line");
	if (truncate(path, (1 << 20) + 1) == 0)
		ok(conf_load(path, &f) == NULL &&
			strstr(f.text, ": is larger than 1 MB") != NULL,
		    "a file over 1 MB is refused");
}

/* ---- the rest -------------------------------------------------------- */

static void
test_reload(void)
{
	struct buf changed = { 0 };
	struct conf *a = good("log { level = info }");
	struct conf *b = good("log { level = warn } user = x group = y "
			      "stream z { }");
	is_int(conf_compare(a, a, NULL, NULL), 0, "equal to itself");
	is_int(conf_compare(a, b, add_key, &changed), 6, "six differ");
	is(changed.data,
	    "user group log.level "
	    "stream.list_id stream.precedence stream.feedback_id",
	    "in the table's order");
	ok(conf_reloadable("log.level"), "log.level can be reloaded");
	ok(!conf_reloadable("user"), "user cannot");
	ok(!conf_reloadable("no.such"), "what is no key cannot");
	buf_free(&changed);
	conf_free(a);
	conf_free(b);
}

static void
test_places(void)
{
	static const struct {
		const char *url, *host; /* NULL: refused */
	} urls[] = {
		{ "https://a.example", "a.example" },
		{ "HTTP://127.9.9.9:8025/p/q", "127.9.9.9" },
		{ "http://[::1]:80/", "::1" },
		{ "https://[::1", NULL },
		{ "https://[1.2.3.4]", NULL },
		{ "https://", NULL },
		{ "https:///x", NULL },
		{ "https://a:/", NULL },
		{ "https://a:0/", NULL },
		{ "https://a:65536/", NULL },
		{ "https://a:443x/", NULL },
		{ "https://a/?q", NULL },
		{ "https://a/#f", NULL },
		{ "https://a b/", NULL },
		{ "https://a/\n", NULL },
		{ "https://a_b/", NULL },
		{ "ftp://a/", NULL },
		{ "", NULL },
	};
	char host[PLACE_HOST_LEN];
	bool is_https;
	for (size_t i = 0; i < N_OF(urls); i++)
		if (urls[i].host == NULL)
			ok(!place_url_host(urls[i].url, host, &is_https),
			    "refused: %s", log_text(urls[i].url));
		else
			ok(place_url_host(urls[i].url, host, &is_https) &&
				strcmp(host, urls[i].host) == 0,
			    "taken: %s", urls[i].url);
	ok(place_is_loopback("LocalHost") && place_is_loopback("127.1.2.3") &&
		place_is_loopback("::1"),
	    "loopback");
	ok(!place_is_loopback("localhost.example") &&
		!place_is_loopback("128.0.0.1") && !place_is_loopback("::2") &&
		!place_is_loopback("127.0.0.1.example"),
	    "not loopback");
}

int
main(void)
{
	snprintf(file, sizeof(file), "%s/test.conf", tap_dir());
	test_defaults();
	test_every_key();
	test_range_ends();
	test_grammar();
	test_notation();
	test_streams();
	test_include();
	test_files();
	test_reload();
	test_places();
	return tap_done();
}
