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

struct fault;

struct conf_listener {
	char **listen; /* "address:port" or "[v6]:port"; ends with NULL */
	char *tls_certificate, *tls_key; /* NULL: plain */
};

/* A stream: mail of one kind, with the headers of that kind. */
struct conf_stream {
	char *name;
	char *list_id;	    /* NULL: made from the name and the From domain */
	char *precedence;   /* NULL: none */
	char *feedback_id;  /* NULL: none */
};

struct conf {
	char *path; /* the file this came from */

	char *user, *group;
	char *node_name;
	char *log_target;
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
	char **allow_users, **allow_groups; /* end with NULL */
	char **allow_hosts; /* further Host names taken on loopback */
	int max_connections;
	int header_timeout_ms, body_timeout_ms, idle_timeout_ms;
	int64_t memory_budget;
	char *spool_dir;
	int64_t idempotency_ms, event_id_ms;

	/* mail */
	char *public_url;    /* NULL: links cannot be made, sends fail */
	char *signing_keys;  /* path of the key file */
	char **domains;      /* From domains taken; empty: any */
	char *bounce_domain; /* NULL: the From domain of the message */
	char *report_domain; /* NULL: no mailto: unsubscribe */
	bool escape_data;
	struct conf_stream *streams;
	int n_streams;

	/* injection */
	char *inject_backend; /* "smtp", "maildir" */
	char *inject_host;
	int inject_port;
	char *inject_helo; /* NULL: the host's name */
	char *inject_maildir;
	int inject_sessions;
	int inject_timeout_ms;
	int inject_rate; /* messages a second, 0: no limit */
	char *on_doubt;	 /* "resend", "hold" */
	int retry_first_ms, retry_last_ms;
	int64_t retry_give_up_ms;

	/* engine */
	int max_depth;
	int mails_per_contact_day;
};

/*
 * Reads and checks a file. NULL with a sentence "FILE:LINE: ..." in fault_r.
 * What the file does not say has its documented default.
 */
struct conf *conf_load(const char *path, struct fault *fault_r);
void conf_free(struct conf *);

/* The stream of a name, NULL if there is none; "automation" and
 * "transactional" always exist. */
const struct conf_stream *conf_stream_find(const struct conf *, const char *);

/* The table of keys, for the test that compares it with the manual:
 * "api.listen" and so on, NULL after the last. */
const char *conf_key_name(int i);
