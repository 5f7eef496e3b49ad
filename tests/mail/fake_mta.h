/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SMTP server on the test's own loop that does as its script says: for each
 * command the first rule that fits, else what a server would answer.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/buf.h"

struct event_base;

enum fake_act {
	FAKE_ANSWER,  /* say the reply */
	FAKE_CLOSE,   /* say it, then close */
	FAKE_RESET,   /* say it, then close with a reset */
	FAKE_SILENCE, /* say nothing more on this connection */
	FAKE_DRIP,    /* say it, one byte a write */
};

/*
 * What to do at: "CONNECT", a command line that begins with `at`, "BDAT" for
 * the end of a chunk, "CHUNK" for its beginning, "END" for the final dot.
 */
struct fake_rule {
	const char *at;
	const char *reply; /* without the last CRLF; NULL or "": none */
	enum fake_act act;
	int skip;  /* so many times the rule is passed over first */
	int times; /* how often it counts; 0: always */
};

struct fake_mta {
	struct event_base *base;
	int port;           /* 0 with a path */
	const char *offers; /* words of EHLO, by blanks; a + is one within */
	struct fake_rule rules[8]; /* up to the first without `at` */
	/* What was seen. Every read begins with "|", every line ends in "\n";
	 * data is shown as "[n]". */
	struct buf log;
	struct buf message; /* the last one taken, unstuffed */
	int n_connections, n_open, n_most, n_messages;
	bool wants_reset;  /* answers 503 to MAIL after a refused end of data
			    * until RSET came */
	bool is_lmtp;      /* LHLO, and an answer for each recipient */
	SSL_CTX *tls;      /* what it seals with, once it said 220 to
			    * STARTTLS */
	const char *early; /* said behind that, in clear; NULL: nothing */
	int n_sealed;
	struct fake_listener *listener;
};

/* Listens on a free port of 127.0.0.1, on that port, or on a path. */
void fake_start(struct fake_mta *, struct event_base *, const char *path);
void fake_stop(struct fake_mta *);
/* Says something on every open connection, unasked. */
void fake_say(struct fake_mta *, const char *);
