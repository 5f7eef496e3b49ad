/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP as a mail server far away would speak it (RFC 5321), with PIPELINING,
 * 8BITMIME, SMTPUTF8, DSN, CHUNKING and SIZE. Everything is taken but what the
 * recipient's local part asks to have refused; a message is kept as it came,
 * without the dots that DATA added (RFC 5321, 4.5.2).
 */
#include "smtp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/log.h"
#include "spool.h"

enum {
	LINE_LIMIT = 8192,
	RCPT_LIMIT = 1000,
	SIZE_LIMIT = 104857600,
	KEEP_LIMIT = 1048576, /* memory kept from one message to the next */
};

enum state { COMMAND, LONG_LINE, DATA, CHUNK };

/* Where in a line of DATA the next byte stands. */
enum place { LINE_START, AFTER_DOT, AFTER_DOT_CR, AFTER_CR, INSIDE };

struct smtp {
	struct spool *spool;
	enum state state;
	enum place place;
	bool is_over;
	bool has_mail, has_chunk, is_too_big;
	bool chunk_is_last, chunk_is_refused;
	size_t chunk_left;
	int n_rcpt;
	struct buf line; /* a command not yet whole */
	struct buf head; /* the lines in front of the message */
	struct buf message;
};

struct smtp *
smtp_new(struct spool *spool)
{
	struct smtp *s = xcalloc(1, sizeof(*s));
	s->spool = spool;
	return s;
}

void
smtp_free(struct smtp *s)
{
	if (s == NULL)
		return;
	buf_free(&s->line);
	buf_free(&s->head);
	buf_free(&s->message);
	free(s);
}

void
smtp_greet(struct buf *out)
{
	buf_str(out, "220 sink.lab.example ESMTP\r\n");
}

/* Forgets the transaction. */
static void
reset(struct smtp *s)
{
	s->has_mail = s->has_chunk = s->is_too_big = false;
	s->n_rcpt = 0;
	buf_clear(&s->head);
	buf_clear(&s->message);
	if (s->message.room > KEEP_LIMIT)
		buf_free(&s->message);
}

/* Adds to the message, or notes that it has grown over the limit. */
static void
keep(struct smtp *s, const char *p, size_t n)
{
	if (s->is_too_big || n > SIZE_LIMIT - s->message.len)
		s->is_too_big = true;
	else
		buf_add(&s->message, p, n);
}

/* Hands the whole message over and answers for it. */
static void
finish(struct smtp *s, struct buf *out)
{
	char name[SPOOL_NAME_LEN];
	struct fault f;
	if (s->is_too_big) {
		buf_str(out, "552 5.3.4 Message too big\r\n");
	} else if (spool_put(s->spool, &s->head, &s->message, name, &f) != 0) {
		log_error("message not kept error=%s", log_text(f.text));
		buf_str(out, "451 4.3.0 Cannot keep the message\r\n");
	} else {
		buf_printf(out, "250 2.0.0 Ok: queued as %s\r\n", name);
	}
	reset(s);
}

/* What a recipient gets whose local part begins with the word. */
static const struct refusal {
	const char *word, *reply;
} refusals[] = {
	{ "nouser", "550 5.1.1 User unknown\r\n" },
	{ "hard", "550 5.1.1 No such mailbox\r\n" },
	{ "full", "552 5.2.2 Mailbox full\r\n" },
	{ "later", "451 4.2.1 Mailbox busy, try again later\r\n" },
};

/* The refusal that an address asks for, NULL if it is to be taken. */
static const char *
refusal_find(const char *address)
{
	if (*address == '"')
		address++;
	for (size_t i = 0; i < N_OF(refusals); i++)
		if (strncasecmp(address, refusals[i].word,
			strlen(refusals[i].word)) == 0)
			return refusals[i].reply;
	return NULL;
}

/*
 * Finds "<address> parameters" behind a word such as "FROM:". NULL if it is
 * not there.
 */
static const char *
find_path(const char *args, const char *word)
{
	size_t n = strlen(word);
	if (strncasecmp(args, word, n) != 0)
		return NULL;
	args += n + strspn(args + n, " \t");
	return *args == '<' && strchr(args, '>') != NULL ? args : NULL;
}

/* The value of SIZE among the parameters (RFC 1870), 0 if not said. */
static unsigned long long
declared_size(const char *path)
{
	const char *p = strcasestr(strchr(path, '>'), " SIZE=");
	return p == NULL ? 0 : strtoull(strchr(p, '=') + 1, NULL, 10);
}

static void
run_ehlo(struct smtp *s, const char *args, struct buf *out)
{
	(void)args;
	reset(s);
	buf_printf(out,
	    "250-sink.lab.example\r\n"
	    "250-PIPELINING\r\n"
	    "250-SIZE %d\r\n"
	    "250-8BITMIME\r\n"
	    "250-SMTPUTF8\r\n"
	    "250-DSN\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n"
	    "250 CHUNKING\r\n",
	    (int)SIZE_LIMIT);
}

static void
run_helo(struct smtp *s, const char *args, struct buf *out)
{
	(void)args;
	reset(s);
	buf_str(out, "250 sink.lab.example\r\n");
}

static void
run_mail(struct smtp *s, const char *args, struct buf *out)
{
	const char *path = find_path(args, "FROM:");
	if (path == NULL) {
		buf_str(out, "501 5.5.4 MAIL FROM:<address> is wanted\r\n");
	} else if (s->has_mail) {
		buf_str(out, "503 5.5.1 There is a MAIL already\r\n");
	} else if (declared_size(path) > SIZE_LIMIT) {
		buf_str(out, "552 5.3.4 Message too big\r\n");
	} else {
		s->has_mail = true;
		buf_printf(&s->head, "X-Mail-Args: %s\n", path);
		buf_str(out, "250 2.1.0 Ok\r\n");
	}
}

static void
run_rcpt(struct smtp *s, const char *args, struct buf *out)
{
	const char *path = find_path(args, "TO:"), *refused;
	if (!s->has_mail || s->has_chunk) {
		buf_str(out, "503 5.5.1 RCPT follows MAIL\r\n");
	} else if (path == NULL || path[1] == '>') {
		buf_str(out, "501 5.5.4 RCPT TO:<address> is wanted\r\n");
	} else if ((refused = refusal_find(path + 1)) != NULL) {
		buf_str(out, refused);
	} else if (s->n_rcpt >= RCPT_LIMIT) {
		buf_str(out, "452 4.5.3 Too many recipients\r\n");
	} else {
		s->n_rcpt++;
		buf_printf(&s->head, "X-Rcpt-Args: %s\n", path);
		buf_str(out, "250 2.1.5 Ok\r\n");
	}
}

static void
run_data(struct smtp *s, const char *args, struct buf *out)
{
	(void)args;
	if (s->n_rcpt == 0) {
		buf_str(out, "554 5.5.1 There is no recipient\r\n");
	} else if (s->has_chunk) {
		buf_str(out, "503 5.5.1 BDAT has begun\r\n");
	} else {
		s->state = DATA;
		s->place = LINE_START;
		buf_str(out, "354 End with <CR><LF>.<CR><LF>\r\n");
	}
}

/* Answers for a chunk that is in, or was to be thrown away. */
static void
end_chunk(struct smtp *s, struct buf *out)
{
	s->state = COMMAND;
	if (s->chunk_is_refused)
		buf_str(out, "554 5.5.1 There is no recipient\r\n");
	else if (s->chunk_is_last)
		finish(s, out);
	else
		buf_str(out, "250 2.0.0 Ok, go on\r\n");
}

/* BDAT n [LAST] (RFC 3030): the n bytes come whether we want them or not. */
static void
run_bdat(struct smtp *s, const char *args, struct buf *out)
{
	char *end;
	unsigned long long n = strtoull(args, &end, 10);
	bool is_last = strcasecmp(end, " LAST") == 0;
	if (strspn(args, "0123456789") == 0 || n > INT64_MAX ||
	    (*end != '\0' && !is_last)) {
		/* What follows cannot be told from commands. */
		buf_str(out, "501 5.5.4 BDAT size [LAST] is wanted\r\n");
		s->is_over = true;
		return;
	}
	s->state = CHUNK;
	s->chunk_left = (size_t)n;
	s->chunk_is_last = is_last;
	s->chunk_is_refused = s->n_rcpt == 0;
	s->has_chunk = !s->chunk_is_refused;
	if (n == 0)
		end_chunk(s, out);
}

static void
run_rset(struct smtp *s, const char *args, struct buf *out)
{
	(void)args;
	reset(s);
	buf_str(out, "250 2.0.0 Ok\r\n");
}

static void
run_noop(struct smtp *s, const char *args, struct buf *out)
{
	(void)s, (void)args;
	buf_str(out, "250 2.0.0 Ok\r\n");
}

static void
run_vrfy(struct smtp *s, const char *args, struct buf *out)
{
	(void)s, (void)args;
	buf_str(out, "252 2.0.0 Send it and see\r\n");
}

static void
run_quit(struct smtp *s, const char *args, struct buf *out)
{
	(void)args;
	s->is_over = true;
	buf_str(out, "221 2.0.0 Bye\r\n");
}

static const struct command {
	const char *word;
	void (*run)(struct smtp *, const char *args, struct buf *out);
} commands[] = {
	{ "EHLO", run_ehlo },
	{ "HELO", run_helo },
	{ "MAIL", run_mail },
	{ "RCPT", run_rcpt },
	{ "DATA", run_data },
	{ "BDAT", run_bdat },
	{ "RSET", run_rset },
	{ "NOOP", run_noop },
	{ "VRFY", run_vrfy },
	{ "QUIT", run_quit },
};

/* Runs the command in s->line. */
static void
run_line(struct smtp *s, struct buf *out)
{
	struct buf *line = &s->line;
	while (line->len > 0 && strchr("\r\n \t", line->data[line->len - 1]))
		line->data[--line->len] = '\0';
	const char *text = line->len == 0 ? "" : line->data;
	const struct command *c = NULL;
	size_t n = strcspn(text, " \t");
	for (size_t i = 0; i < N_OF(commands) && c == NULL; i++)
		if (n == strlen(commands[i].word) &&
		    strncasecmp(text, commands[i].word, n) == 0)
			c = &commands[i];
	if (c == NULL || strlen(text) != line->len)
		buf_str(out, "500 5.5.2 Not a command\r\n");
	else
		c->run(s, text + n + strspn(text + n, " \t"), out);
	buf_clear(line);
}

/* Takes bytes up to the end of a command line; returns how many. */
static size_t
take_command(struct smtp *s, const char *p, size_t n, struct buf *out)
{
	const char *newline = memchr(p, '\n', n);
	size_t used = newline == NULL ? n : (size_t)(newline - p) + 1;
	if (s->state == COMMAND && used > LINE_LIMIT - s->line.len) {
		s->state = LONG_LINE;
		buf_clear(&s->line);
	}
	if (s->state == COMMAND)
		buf_add(&s->line, p, used);
	if (newline == NULL)
		return used;
	if (s->state == COMMAND) {
		run_line(s, out);
	} else {
		s->state = COMMAND;
		buf_str(out, "500 5.5.2 Line too long\r\n");
	}
	return used;
}

/*
 * Moves one byte of DATA along. Only CR LF "." CR LF ends it; a bare CR or LF
 * is kept like any other byte and neither begins nor ends a line.
 */
static void
take_data_byte(struct smtp *s, char c)
{
	static const char cr = '\r';
	switch (s->place) {
	case LINE_START:
		if (c == '.') {
			s->place = AFTER_DOT;
			return;
		}
		break;
	case AFTER_DOT:
		if (c == '\r') {
			s->place = AFTER_DOT_CR;
			return;
		}
		break;
	case AFTER_DOT_CR:
		/* The line goes on, so the CR held back belongs to it. */
		keep(s, &cr, 1);
		break;
	case AFTER_CR:
		if (c == '\n') {
			keep(s, &c, 1);
			s->place = LINE_START;
			return;
		}
		break;
	case INSIDE:
		break;
	}
	keep(s, &c, 1);
	s->place = c == '\r' ? AFTER_CR : INSIDE;
}

/* Takes bytes up to the end of the message; returns how many. */
static size_t
take_data(struct smtp *s, const char *p, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (s->place == INSIDE) {
			const char *cr = memchr(p + i, '\r', n - i);
			size_t span = cr == NULL ? n - i : (size_t)(cr - p) - i;
			keep(s, p + i, span);
			i += span;
			if (cr == NULL)
				break;
		}
		if (s->place == AFTER_DOT_CR && p[i] == '\n') {
			s->state = COMMAND;
			finish(s, out);
			return i + 1;
		}
		take_data_byte(s, p[i]);
	}
	return n;
}

/* Takes bytes up to the end of the chunk; returns how many. */
static size_t
take_chunk(struct smtp *s, const char *p, size_t n, struct buf *out)
{
	if (n > s->chunk_left)
		n = s->chunk_left;
	if (!s->chunk_is_refused)
		keep(s, p, n);
	s->chunk_left -= n;
	if (s->chunk_left == 0)
		end_chunk(s, out);
	return n;
}

int
smtp_take(struct smtp *s, const char *p, size_t n, struct buf *out)
{
	while (n > 0 && !s->is_over) {
		size_t used = n;
		switch (s->state) {
		case COMMAND:
		case LONG_LINE:
			used = take_command(s, p, n, out);
			break;
		case DATA:
			used = take_data(s, p, n, out);
			break;
		case CHUNK:
			used = take_chunk(s, p, n, out);
			break;
		}
		p += used;
		n -= used;
	}
	return !s->is_over;
}
