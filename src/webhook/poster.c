/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "webhook/poster.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/netaddr.h"

enum {
	POLL_MS = 60 * 1000,
	KEPT_CONNECTIONS = 32,
};

struct poster {
	void (*done)(void *arg, struct post *);
	void *arg;
	CURLM *multi;
	pthread_t thread;
	struct post *under_way; /* the thread's */
	/* shared */
	pthread_mutex_t lock;
	struct post *sent; /* not taken by the thread yet; newest first */
	bool stop;
};

/* ---- what libcurl asks ------------------------------------------------- */

static void
say_private(struct post *p, const char *address)
{
	snprintf(p->why, sizeof(p->why),
	    "The address %s is not a public one (see webhooks.allow_private).",
	    address);
}

/* The socket of a connection to that address, unless it is one where nobody
 * from outside is to be led. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct post *p = arg;
	char text[NETADDR_LEN];
	(void)purpose;
	if (!p->allow_private && !netaddr_is_public(&a->addr)) {
		say_private(p, netaddr_text(&a->addr, text));
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* The same of the connection a post goes by, which may be left of one that was
 * allowed to make it. */
static int
on_connection(void *arg, char *address, char *own, int port, int own_port)
{
	struct post *p = arg;
	bool is_public = false;
	(void)own, (void)port, (void)own_port;
	if (p->allow_private ||
	    (netaddr_read(address, &is_public) == 1 && is_public))
		return CURL_PREREQFUNC_OK;
	say_private(p, address);
	return CURL_PREREQFUNC_ABORT;
}

/* Keeps what there is room for. Less than it was given ends the transfer. */
static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct post *p = arg;
	size_t len = size * n, room = POST_RESPONSE_MAX - p->response.len;
	p->n_read += len;
	buf_add(&p->response, data, len < room ? len : room);
	return p->n_read > POST_READ_MAX ? 0 : len;
}

/* Header lines are counted too. */
static size_t
on_header(char *data, size_t size, size_t n, void *arg)
{
	struct post *p = arg;
	(void)data;
	p->n_read += size * n;
	return p->n_read > POST_READ_MAX ? 0 : size * n;
}

/* ---- one post ---------------------------------------------------------- */

static void
set_limits(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A resolver that does not come back is not waited for. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)POST_CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)POST_WHOLE_MS);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
}

static void
set_callbacks(CURL *easy, struct post *p)
{
	curl_easy_setopt(easy, CURLOPT_PRIVATE, p);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, p);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connection);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, p);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, p);
}

/* Begins to send. */
static void
begin(struct poster *poster, struct post *p)
{
	CURL *easy = curl_easy_init();
	struct curl_slist *headers = NULL;
	if (easy == NULL)
		fatal("no memory for a connection");
	for (const char *const *h = p->headers; *h != NULL; h++)
		headers = curl_slist_append(headers, *h);
	p->easy = easy;
	p->header_list = headers;
	set_limits(easy);
	set_callbacks(easy, p);
	curl_easy_setopt(easy, CURLOPT_URL, p->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, p->body);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->len);
	p->next = poster->under_way;
	p->previous = NULL;
	if (p->next != NULL)
		p->next->previous = p;
	poster->under_way = p;
	curl_multi_add_handle(poster->multi, easy);
}

/* Takes it off the list, and frees what libcurl has of it. */
static void
leave(struct poster *poster, struct post *p)
{
	if (p->previous != NULL)
		p->previous->next = p->next;
	else
		poster->under_way = p->next;
	if (p->next != NULL)
		p->next->previous = p->previous;
	curl_multi_remove_handle(poster->multi, p->easy);
	curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->header_list);
	p->easy = p->header_list = NULL;
}

/* An answer counts once its status has come, even if the rest is too long. */
static void
end(struct poster *poster, struct post *p, CURLcode rc)
{
	long code = 0;
	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &code);
	if (rc == CURLE_OK || rc == CURLE_WRITE_ERROR) {
		p->code = (int)code;
		p->why[0] = '\0';
	} else if (p->why[0] == '\0') {
		snprintf(p->why, sizeof(p->why), "%s.", curl_easy_strerror(rc));
	}
	if (p->code == 0 && p->why[0] == '\0')
		snprintf(p->why, sizeof(p->why), "The answer was none.");
	leave(poster, p);
	poster->done(poster->arg, p);
}

/* ---- the thread -------------------------------------------------------- */

/* What came in since. False once it is time to stop. */
static bool
take_sent(struct poster *poster)
{
	pthread_mutex_lock(&poster->lock);
	struct post *p = poster->sent, *in_order = NULL;
	bool stop = poster->stop;
	if (!stop)
		poster->sent = NULL;
	pthread_mutex_unlock(&poster->lock);
	if (stop)
		return false;
	while (p != NULL) {
		struct post *next = p->next;
		p->next = in_order;
		in_order = p;
		p = next;
	}
	while (in_order != NULL) {
		p = in_order;
		in_order = p->next;
		begin(poster, p);
	}
	return true;
}

static void *
poster_main(void *arg)
{
	struct poster *poster = arg;
	while (take_sent(poster)) {
		CURLMsg *m;
		int n;
		curl_multi_perform(poster->multi, &n);
		while ((m = curl_multi_info_read(poster->multi, &n)) != NULL) {
			struct post *p;
			CURLcode rc = m->data.result;
			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
			end(poster, p, rc);
		}
		curl_multi_poll(poster->multi, NULL, 0, POLL_MS, NULL);
	}
	return NULL;
}

struct poster *
poster_new(void (*done)(void *arg, struct post *), void *arg)
{
	struct poster *poster = xcalloc(1, sizeof(*poster));
	poster->done = done;
	poster->arg = arg;
	pthread_mutex_init(&poster->lock, NULL);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (poster->multi = curl_multi_init()) == NULL)
		fatal("libcurl cannot be used");
	curl_multi_setopt(poster->multi, CURLMOPT_MAXCONNECTS,
	    (long)KEPT_CONNECTIONS);
	if (pthread_create(&poster->thread, NULL, poster_main, poster) != 0)
		fatal("no thread for webhooks");
	return poster;
}

void
poster_send(struct poster *poster, struct post *p)
{
	pthread_mutex_lock(&poster->lock);
	p->next = poster->sent;
	poster->sent = p;
	pthread_mutex_unlock(&poster->lock);
	curl_multi_wakeup(poster->multi);
}

static void
drop(struct poster *poster, struct post *p)
{
	p->is_dropped = true;
	poster->done(poster->arg, p);
}

void
poster_free(struct poster *poster)
{
	if (poster == NULL)
		return;
	pthread_mutex_lock(&poster->lock);
	poster->stop = true;
	pthread_mutex_unlock(&poster->lock);
	curl_multi_wakeup(poster->multi);
	pthread_join(poster->thread, NULL);
	while (poster->under_way != NULL) {
		struct post *p = poster->under_way;
		leave(poster, p);
		drop(poster, p);
	}
	while (poster->sent != NULL) {
		struct post *p = poster->sent;
		poster->sent = p->next;
		drop(poster, p);
	}
	curl_multi_cleanup(poster->multi);
	curl_global_cleanup();
	pthread_mutex_destroy(&poster->lock);
	free(poster);
}
