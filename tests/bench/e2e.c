/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * e2e -s SMTP-PORT -n COUNT [-p HTTP-PORT -k KEY -e EVENT] [-c CONNECTIONS]
 * [-r RATE] [-C CONTACTS] [-o FIRST] [-t SECONDS]: both ends of the way of an
 * event, on one clock. It posts events to a server and receives the mails that
 * come of them. The payload of each has a reference that its mail must show in
 * a line of its own; it has to come exactly once, to the contact the event was
 * about. Without -p it only receives.
 *
 * Prints one line of NAME=VALUE, times in milliseconds; fails if a mail is
 * lost, doubled or none of ours.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "tests/bench/common.h"

/* What comes this long after the last mail is seen to be one too many. */
static const struct timeval LINGER = { 0, 300 * 1000 };

char *
e2e_email(const struct load *l, int64_t i, char out[E2E_EMAIL_LEN])
{
	snprintf(out, E2E_EMAIL_LEN, BENCH_EMAIL,
	    (long long)bench_contact(l->first + i, l->n_contacts));
	return out;
}

void
e2e_say(struct bufferevent *bev, const struct buf *b)
{
	ssize_t n = 0;
	if (evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		n = send(bufferevent_getfd(bev), b->data, b->len, MSG_NOSIGNAL);
	n = n < 0 ? 0 : n;
	if ((size_t)n < b->len)
		bufferevent_write(bev, b->data + n, b->len - (size_t)n);
}

/* All that can still be expected is there. */
static void
look_for_end(struct tally *t)
{
	const struct load *l = &t->load;
	bool is_over = l->http_port == 0
	    ? t->n_arrived == l->n
	    : t->n_taken + t->n_refused == l->n && t->n_arrived >= t->n_taken;
	if (is_over)
		event_base_loopexit(t->base, &LINGER);
}

void
tally_answered(struct tally *t, int64_t i, int status, int64_t now_us)
{
	if (status == 202) {
		t->lives[i].taken_us = now_us;
		t->n_taken++;
	} else if (t->n_refused++ == 0) {
		log_error("event %lld was answered %d", (long long)i, status);
	}
	look_for_end(t);
}

/* Finds which event a mail is of: -1 if none of this run. */
static int64_t
find_event(const struct tally *t, const struct buf *message)
{
	char wanted[E2E_RUN_LEN + 16];
	int n =
	    snprintf(wanted, sizeof(wanted), "\nReference: %s-", t->load.run);
	char *at = memmem(message->data, message->len, wanted, (size_t)n), *end;
	if (at == NULL)
		return -1;
	int64_t i = strtoll(at + n, &end, 10);
	return end > at + n && *end == '\r' && i >= 0 && i < t->n_posted ? i
									 : -1;
}

/* True if the envelope names the event's contact and nobody else. */
static bool
is_for(const struct tally *t, int64_t i, const struct buf *head)
{
	char email[E2E_EMAIL_LEN], wanted[E2E_EMAIL_LEN + 20];
	snprintf(wanted, sizeof(wanted), "X-Rcpt-Args: <%s>",
	    e2e_email(&t->load, i, email));
	const char *at = strstr(head->data, "X-Rcpt-Args:");
	return at != NULL && strncmp(at, wanted, strlen(wanted)) == 0 &&
	    strstr(at + 1, "X-Rcpt-Args:") == NULL;
}

void
tally_arrived(struct tally *t, const struct buf *head,
    const struct buf *message, int64_t now_us)
{
	if (t->load.http_port != 0) {
		int64_t i = find_event(t, message);
		if (i < 0 || !is_for(t, i, head)) {
			t->n_strange++;
			return;
		}
		if (t->lives[i].arrived_us != 0) {
			t->n_doubled++;
			return;
		}
		t->lives[i].arrived_us = now_us;
	}
	if (t->first_us == 0)
		t->first_us = now_us;
	t->last_us = now_us;
	t->bytes += (int64_t)message->len;
	t->n_arrived++;
	look_for_end(t);
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Prints p50 and p99 of the way from a post to what stands at that offset of a
 * life. */
static void
print_span(const struct tally *t, const char *name, size_t offset)
{
	int64_t *spans = xcalloc((size_t)t->load.n, sizeof(*spans)), n = 0;
	for (int64_t i = 0; i < t->n_posted; i++) {
		const struct life *l = &t->lives[i];
		int64_t end = *(const int64_t *)((const char *)l + offset);
		if (end != 0)
			spans[n++] = end - l->posted_us;
	}
	qsort(spans, (size_t)n, sizeof(*spans), compare);
	if (n > 0)
		printf(" %s_p50=%.3f %s_p99=%.3f", name,
		    (double)spans[n / 2] / 1e3, name,
		    (double)spans[n * 99 / 100] / 1e3);
	free(spans);
}

/* True if everything came as it should. */
static bool
print(const struct tally *t)
{
	int64_t expected = t->load.http_port == 0 ? t->load.n : t->n_taken;
	int64_t n_lost = expected - t->n_arrived;
	double took = (double)(t->last_us - t->first_us) / 1e6;
	printf("mails=%lld rate=%.1f bytes=%lld", (long long)t->n_arrived,
	    took > 0 ? (double)t->n_arrived / took : 0,
	    (long long)(t->n_arrived > 0 ? t->bytes / t->n_arrived : 0));
	if (t->load.http_port != 0) {
		print_span(t, "ack", offsetof(struct life, taken_us));
		print_span(t, "mail", offsetof(struct life, arrived_us));
	}
	printf(" refused=%lld lost=%lld doubled=%lld strange=%lld\n",
	    (long long)(t->load.n - expected), (long long)n_lost,
	    (long long)t->n_doubled, (long long)t->n_strange);
	return expected == t->load.n && n_lost == 0 && t->n_doubled == 0 &&
	    t->n_strange == 0;
}

/* A loop whose timers are exact: a millisecond is long here. */
static struct event_base *
make_loop(void)
{
	struct event_config *c = event_config_new();
	event_config_set_flag(c, EVENT_BASE_FLAG_PRECISE_TIMER);
	struct event_base *base = event_base_new_with_config(c);
	event_config_free(c);
	if (base == NULL)
		fatal("there is no event loop");
	return base;
}

/* Sets a number that an option gives; false if it is none. */
static bool
read_option(struct load *l, int option, const char *text, long *seconds)
{
	long long n = atoll(text);
	switch (option) {
	case 's':
		l->smtp_port = (int)n;
		return true;
	case 'p':
		l->http_port = (int)n;
		return true;
	case 'c':
		l->n_connections = (int)n;
		return n > 0;
	case 'r':
		l->rate = (int)n;
		return n >= 0;
	case 'C':
		l->n_contacts = n;
		return n > 0;
	case 'o':
		l->first = n;
		return n >= 0;
	case 'n':
		l->n = n;
		return n > 0;
	case 't':
		*seconds = (long)n;
		return n > 0;
	case 'k':
		l->key = text;
		return true;
	case 'e':
		l->event = text;
		return true;
	}
	return false;
}

int
main(int argc, char **argv)
{
	struct tally t = { .load = { .key = "",
			       .event = "",
			       .n_connections = 32,
			       .n_contacts = 100000 } };
	struct timeval limit = { .tv_sec = 120 };
	int option;
	while ((option = getopt(argc, argv, "s:p:c:r:C:o:n:t:k:e:")) != -1)
		if (!read_option(&t.load, option, optarg, &limit.tv_sec))
			return 64;
	if (optind != argc || t.load.n == 0 || t.load.smtp_port == 0)
		return 64;
	snprintf(t.load.run, sizeof(t.load.run), "%llx",
	    (unsigned long long)clock_now_ms());
	t.lives = xcalloc((size_t)t.load.n, sizeof(*t.lives));
	t.base = make_loop();
	e2e_sink(&t);
	if (t.load.http_port != 0)
		e2e_post(&t);
	event_base_loopexit(t.base, &limit);
	event_base_dispatch(t.base);
	bool good = print(&t);
	event_base_free(t.base);
	free(t.lives);
	return good ? 0 : 1;
}
