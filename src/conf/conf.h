/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * postflow.conf: one file for all programs, read by libconfuse, checked as a
 * whole before anything starts. Every key is documented in postflow.conf(5)
 * and stands in conf/postflow.conf.sample; a test compares the three.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "base/log.h"

struct arena;
struct fault;

struct conf_listener {
	char **listen; /* "address:port" or "[v6]:port"; ends with NULL */
	char *tls_certificate, *tls_key; /* NULL: plain */
};

/* A stream: mail of one kind, with the headers of that kind. */
struct conf_stream {
	char *name;
	char *list_id;     /* NULL: made from the name and the From domain */
	char *precedence;  /* NULL: none */
	char *feedback_id; /* NULL: none */
};

struct conf {
	char *path;          /* the file this came from */
	struct arena *arena; /* holds everything below */

	char *user, *group; /* group NULL: the user's own */
	char *node_name;    /* the host's name if the file says none */
	char *log_target;   /* as log_open() takes it */
	enum log_level log_level;
	char *state_dir, *run_dir;

	/* store */
	char *database;
	int64_t cache_size, wal_limit, wal_reserve; /* bytes */
	int readers;
	int batch_items, batch_ms;

	/* doors */
	struct conf_listener api, public;
	char *api_socket, *events_socket;
	/* Who may use the Unix sockets beside root and the daemon's own user
	 * and group; they end with NULL. */
	char **allow_users, **allow_groups;
	char **allow_hosts; /* further Host names taken on loopback */
	char *api_prefix;   /* paths may begin with it; NULL: none */
	int rate_limit;     /* requests a second of a key; 0: any */
	int log_entries;    /* requests kept in memory; 0: none */
	bool log_events;    /* those that send events, too */
	int max_connections;
	int header_timeout_ms, body_timeout_ms, idle_timeout_ms;
	int64_t memory_budget;
	char *spool_dir;
	int64_t idempotency_ms, event_id_ms;

	/* mail */
	char *public_url;    /* NULL: links cannot be made, sends fail */
	char *signing_keys;  /* path of the key file */
	char **domains;      /* From domains taken, lower case; empty: any */
	char *bounce_domain; /* NULL: the From domain of the message */
	char *report_domain; /* NULL: no mailto: unsubscribe */
	bool escape_data;
	struct conf_stream *streams;
	int n_streams;

	/* injection */
	char *inject_backend; /* "smtp", "lmtp", "maildir" */
	char *inject_host;
	int inject_port;
	char *inject_helo; /* NULL: the host's name */
	char *inject_tls;  /* "none", "may", "encrypt", "verify" */
	char *inject_tls_ca;
	char *inject_user; /* with a password's file; NULL: nobody logs in */
	char *inject_password_file;
	char *inject_maildir;
	int inject_sessions;
	int inject_timeout_ms;
	int inject_rate; /* messages a second, 0: no limit */
	char *on_doubt;  /* "resend", "hold" */
	int retry_first_ms, retry_last_ms;
	int64_t retry_give_up_ms;

	/* engine */
	int max_depth;
	int mails_per_contact_day;
	bool versioned_edits; /* an enabled automation may be edited */
	char *on_stop;        /* "continue", "cancel": what a stop does */
	int surge_factor;     /* times the usual mails an hour; 0: any */
	int surge_mails;      /* fewer an hour are never a surge */

	/* webhooks */
	bool webhooks_private; /* endpoints on private networks are fine */

	/* retention; 0: for ever */
	int64_t keep_events_ms, keep_runs_ms, keep_emails_ms, keep_webhooks_ms;
};

/*
 * Reads and checks a file. NULL with a sentence "FILE:LINE: ..." in fault_r,
 * or "FILE: ..." when there is no line to blame. What the file does not say
 * has its documented default. include("OTHER") reads another file at that
 * place; a relative name is looked for beside the file that says it. What is
 * said later wins, for lists as a whole. libconfuse keeps its state in globals:
 * one thread at a time.
 */
struct conf *conf_load(const char *path, struct fault *fault_r);
/* NULL is fine. */
void conf_free(struct conf *);

/* The stream of a name, NULL if there is none; "automation" and
 * "transactional" always exist. */
const struct conf_stream *conf_stream_find(const struct conf *, const char *);

/* True if a running daemon can take a new value of that key ("log.level"). */
bool conf_reloadable(const char *key);
/*
 * Calls each() for every key whose value differs, in the table's order; a
 * stream that only one of the two has counts as a difference of every key of
 * streams. Returns how many differ. each may be NULL.
 */
int conf_compare(const struct conf *old, const struct conf *new,
    void (*each)(void *arg, const char *key, bool reloadable), void *arg);

/* The table of keys, for the test that compares it with the manual and the
 * sample: "api.listen" and so on, NULL after the last. */
const char *conf_key_name(int i);
/* The default as the file would say it; NULL for none, or where it is found
 * out when the file is read. */
const char *conf_key_default(int i);
/* The least and the most as the file would say it, NULL where there is no
 * such end; for a choice of words, least lists them. */
void conf_key_range(int i, const char **least_r, const char **most_r);
