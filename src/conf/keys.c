/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only place a key of postflow.conf exists. Adding one is a line here, a
 * field in struct conf, a paragraph in postflow.conf(5) and a line in the
 * sample; the tests compare the four.
 */
#include "conf/conf_private.h"

#include <string.h>

#include "conf/conf.h"

#define AT(field)        offsetof(struct conf, field)
#define STREAM_AT(field) offsetof(struct conf_stream, field)

/* Whether SIGHUP takes a new value, or a restart is needed. */
enum { STAYS = false, RELOADS = true };
enum { ONE = false, LIST = true };

/* clang-format off */
const struct key conf_keys[] = {
	{ "user", VALUE_NAME, ONE, STAYS, AT(user), "postflow", NULL, NULL },
	{ "group", VALUE_NAME, ONE, STAYS, AT(group), NULL, NULL, NULL },
	{ "node_name", VALUE_NAME, ONE, STAYS, AT(node_name),
	    NULL, NULL, NULL },
	{ "state_dir", VALUE_PATH, ONE, STAYS, AT(state_dir),
	    LOCALSTATEDIR "/lib/postflow", NULL, NULL },
	{ "run_dir", VALUE_PATH, ONE, STAYS, AT(run_dir),
	    RUNSTATEDIR "/postflow", NULL, NULL },
	{ "spool_dir", VALUE_PATH, ONE, STAYS, AT(spool_dir),
	    "state_dir/spool", NULL, NULL },

	{ "log.target", VALUE_TARGET, ONE, STAYS, AT(log_target),
	    "syslog", NULL, NULL },
	{ "log.level", VALUE_LEVEL, ONE, RELOADS, AT(log_level),
	    "info", NULL, NULL },

	{ "store.path", VALUE_PATH, ONE, STAYS, AT(database),
	    "state_dir/postflow.db", NULL, NULL },
	{ "store.cache_size", VALUE_SIZE, ONE, STAYS, AT(cache_size),
	    "16 MB", "1 MB", "64 GB" },
	{ "store.wal_limit", VALUE_SIZE, ONE, STAYS, AT(wal_limit),
	    "64 MB", "1 MB", "16 GB" },
	{ "store.wal_reserve", VALUE_SIZE, ONE, STAYS, AT(wal_reserve),
	    "16 MB", "1 MB", "4 GB" },
	{ "store.readers", VALUE_INT, ONE, STAYS, AT(readers),
	    "2", "1", "64" },
	{ "store.batch_items", VALUE_INT, ONE, STAYS, AT(batch_items),
	    "512", "1", "65536" },
	{ "store.batch_time", VALUE_MS, ONE, STAYS, AT(batch_ms),
	    "10 ms", "1 ms", "1 s" },

	{ "api.listen", VALUE_ADDRESS, LIST, STAYS, AT(api.listen),
	    "127.0.0.1:8025", NULL, NULL },
	{ "api.tls_certificate", VALUE_PATH, ONE, RELOADS,
	    AT(api.tls_certificate), NULL, NULL, NULL },
	{ "api.tls_key", VALUE_PATH, ONE, RELOADS, AT(api.tls_key),
	    NULL, NULL, NULL },
	{ "api.socket", VALUE_SOCKET, ONE, STAYS, AT(api_socket),
	    "run_dir/api.sock", NULL, NULL },
	{ "api.hosts", VALUE_NAME, LIST, RELOADS, AT(allow_hosts),
	    NULL, NULL, NULL },
	{ "api.max_connections", VALUE_INT, ONE, STAYS, AT(max_connections),
	    "10000", "1", "1000000" },
	{ "api.header_timeout", VALUE_MS, ONE, STAYS, AT(header_timeout_ms),
	    "10 s", "100 ms", "10 min" },
	{ "api.body_timeout", VALUE_MS, ONE, STAYS, AT(body_timeout_ms),
	    "30 s", "100 ms", "1 h" },
	{ "api.idle_timeout", VALUE_MS, ONE, STAYS, AT(idle_timeout_ms),
	    "75 s", "100 ms", "1 h" },
	{ "api.memory_budget", VALUE_SIZE, ONE, STAYS, AT(memory_budget),
	    "64 MB", "1 MB", "64 GB" },
	{ "api.prefix", VALUE_PATH, ONE, RELOADS, AT(api_prefix),
	    NULL, NULL, NULL },
	{ "api.rate_limit", VALUE_INT, ONE, RELOADS, AT(rate_limit),
	    "0", "0", "1000000" },
	{ "api.log_entries", VALUE_INT, ONE, RELOADS, AT(log_entries),
	    "1000", "0", "100000" },
	{ "api.log_events", VALUE_BOOL, ONE, RELOADS, AT(log_events),
	    "no", NULL, NULL },

	{ "public.listen", VALUE_ADDRESS, LIST, STAYS, AT(public.listen),
	    NULL, NULL, NULL },
	{ "public.tls_certificate", VALUE_PATH, ONE, RELOADS,
	    AT(public.tls_certificate), NULL, NULL, NULL },
	{ "public.tls_key", VALUE_PATH, ONE, RELOADS, AT(public.tls_key),
	    NULL, NULL, NULL },
	{ "public.url", VALUE_URL, ONE, RELOADS, AT(public_url),
	    NULL, NULL, NULL },

	{ "events.socket", VALUE_SOCKET, ONE, STAYS, AT(events_socket),
	    "run_dir/events.sock", NULL, NULL },

	{ "access.allow_users", VALUE_NAME, LIST, RELOADS, AT(allow_users),
	    NULL, NULL, NULL },
	{ "access.allow_groups", VALUE_NAME, LIST, RELOADS, AT(allow_groups),
	    NULL, NULL, NULL },

	{ "idempotency.keys", VALUE_MS64, ONE, RELOADS, AT(idempotency_ms),
	    "24 h", "1 min", "365 days" },
	{ "idempotency.events", VALUE_MS64, ONE, RELOADS, AT(event_id_ms),
	    "7 days", "1 min", "365 days" },

	{ "mail.domains", VALUE_DOMAIN, LIST, RELOADS, AT(domains),
	    NULL, NULL, NULL },
	{ "mail.signing_keys", VALUE_PATH, ONE, RELOADS, AT(signing_keys),
	    "state_dir/signing.keys", NULL, NULL },
	{ "mail.bounce_domain", VALUE_DOMAIN, ONE, RELOADS, AT(bounce_domain),
	    NULL, NULL, NULL },
	{ "mail.report_domain", VALUE_DOMAIN, ONE, RELOADS, AT(report_domain),
	    NULL, NULL, NULL },
	{ "mail.escape_data", VALUE_BOOL, ONE, RELOADS, AT(escape_data),
	    "yes", NULL, NULL },

	{ "stream.list_id", VALUE_TEXT, ONE, RELOADS, STREAM_AT(list_id),
	    NULL, NULL, NULL },
	{ "stream.precedence", VALUE_TEXT, ONE, RELOADS, STREAM_AT(precedence),
	    NULL, NULL, NULL },
	{ "stream.feedback_id", VALUE_TEXT, ONE, RELOADS,
	    STREAM_AT(feedback_id), NULL, NULL, NULL },

	{ "injection.backend", VALUE_WORD, ONE, STAYS, AT(inject_backend),
	    "smtp", "smtp, lmtp, maildir", NULL },
	{ "injection.host", VALUE_NAME, ONE, STAYS, AT(inject_host),
	    "127.0.0.1", NULL, NULL },
	{ "injection.port", VALUE_INT, ONE, STAYS, AT(inject_port),
	    "10587", "1", "65535" },
	{ "injection.helo", VALUE_NAME, ONE, STAYS, AT(inject_helo),
	    NULL, NULL, NULL },
	{ "injection.tls", VALUE_WORD, ONE, STAYS, AT(inject_tls),
	    "none", "none, may, encrypt, verify", NULL },
	{ "injection.tls_ca", VALUE_PATH, ONE, STAYS, AT(inject_tls_ca),
	    NULL, NULL, NULL },
	{ "injection.user", VALUE_TEXT, ONE, STAYS, AT(inject_user),
	    NULL, NULL, NULL },
	{ "injection.password_file", VALUE_PATH, ONE, STAYS,
	    AT(inject_password_file), NULL, NULL, NULL },
	{ "injection.maildir", VALUE_PATH, ONE, STAYS, AT(inject_maildir),
	    NULL, NULL, NULL },
	{ "injection.sessions", VALUE_INT, ONE, STAYS, AT(inject_sessions),
	    "5", "1", "256" },
	{ "injection.timeout", VALUE_MS, ONE, STAYS, AT(inject_timeout_ms),
	    "60 s", "100 ms", "1 h" },
	{ "injection.rate", VALUE_INT, ONE, STAYS, AT(inject_rate),
	    "0", "0", "1000000" },
	{ "injection.on_doubt", VALUE_WORD, ONE, RELOADS, AT(on_doubt),
	    "resend", "resend, hold", NULL },
	{ "injection.retry_first", VALUE_MS, ONE, RELOADS, AT(retry_first_ms),
	    "5 s", "100 ms", "24 h" },
	{ "injection.retry_last", VALUE_MS, ONE, RELOADS, AT(retry_last_ms),
	    "1 h", "100 ms", "24 h" },
	{ "injection.give_up", VALUE_MS64, ONE, RELOADS, AT(retry_give_up_ms),
	    "5 days", "1 s", "365 days" },

	{ "engine.max_depth", VALUE_INT, ONE, RELOADS, AT(max_depth),
	    "8", "1", "100" },
	{ "engine.mails_per_contact_day", VALUE_INT, ONE, RELOADS,
	    AT(mails_per_contact_day), "20", "1", "100000" },
	{ "engine.versioned_edits", VALUE_BOOL, ONE, RELOADS,
	    AT(versioned_edits), "no", NULL, NULL },
	{ "engine.on_stop", VALUE_WORD, ONE, RELOADS, AT(on_stop),
	    "continue", "continue, cancel", NULL },
	{ "engine.surge_factor", VALUE_INT, ONE, RELOADS, AT(surge_factor),
	    "20", "0", "1000000" },
	{ "engine.surge_mails", VALUE_INT, ONE, RELOADS, AT(surge_mails),
	    "1000", "1", "1000000000" },

	{ "webhooks.allow_private", VALUE_BOOL, ONE, RELOADS,
	    AT(webhooks_private), "no", NULL, NULL },

	{ "retention.events", VALUE_MS64, ONE, RELOADS, AT(keep_events_ms),
	    "90 days", "0 ms", "3650 days" },
	{ "retention.runs", VALUE_MS64, ONE, RELOADS, AT(keep_runs_ms),
	    "365 days", "0 ms", "3650 days" },
	{ "retention.emails", VALUE_MS64, ONE, RELOADS, AT(keep_emails_ms),
	    "365 days", "0 ms", "3650 days" },
	{ "retention.webhooks", VALUE_MS64, ONE, RELOADS, AT(keep_webhooks_ms),
	    "30 days", "0 ms", "3650 days" },
	{ NULL, VALUE_TEXT, ONE, STAYS, 0, NULL, NULL, NULL }
};
/* clang-format on */

const char *
key_leaf(const struct key *k)
{
	const char *dot = strchr(k->name, '.');
	return dot == NULL ? k->name : dot + 1;
}

bool
key_in(const struct key *k, const char *section)
{
	const char *dot = strchr(k->name, '.');
	if (dot == NULL || section == NULL)
		return dot == NULL && section == NULL;
	size_t n = (size_t)(dot - k->name);
	return strncmp(k->name, section, n) == 0 && section[n] == '\0';
}

const char *
conf_key_name(int i)
{
	return conf_keys[i].name;
}

const char *
conf_key_default(int i)
{
	return conf_keys[i].value;
}

void
conf_key_range(int i, const char **least_r, const char **most_r)
{
	*least_r = conf_keys[i].least;
	*most_r = conf_keys[i].most;
}

bool
conf_reloadable(const char *name)
{
	for (const struct key *k = conf_keys; k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			return k->is_reloadable;
	return false;
}
