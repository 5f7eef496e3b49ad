/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the HTTP server does about those who are slow, many, large or unwell;
 * and TLS.
 */
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/http/rig.h"
#include "tests/tap.h"

#define HOST "Host: a\r\n"

/* Sends the text a byte at a time, ms apart, until the server closes or the
 * text ends; returns how many milliseconds that took. */
static int
trickle(int fd, const char *text, int ms)
{
	int64_t start = clock_mono_us(), next = start;
	for (const char *p = text; *p != '\0';) {
		char c;
		if (clock_mono_us() >= next) {
			if (send(fd, p++, 1, MSG_NOSIGNAL) < 0)
				break;
			next += ms * 1000;
		}
		rig_turn();
		if (recv(fd, &c, 1, MSG_PEEK) >= 0)
			break;
	}
	return (int)((clock_mono_us() - start) / 1000);
}

/* Turns the loop for so long. */
static void
pass(int ms)
{
	for (int64_t end = clock_mono_us() + ms * 1000; clock_mono_us() < end;)
		rig_turn();
}

static void
test_head_timeout(void)
{
	char slow[1000];
	rig_limits();
	rig.limits.header_timeout_ms = 300;
	rig_start();
	memset(slow, 'a', sizeof(slow) - 1);
	slow[sizeof(slow) - 1] = '\0';
	memcpy(slow, "GET /", 5);
	int fd = dial();
	int ms = trickle(fd, slow, 20);
	hear_end(fd);
	ok(heard.status[0] == 408 && ms >= 250 && ms < 10000,
	    "a byte now and then does not extend the head's time: %d ms", ms);
	ok(heard.is_closed && !heard.is_reset, "408, then the end");
	close(fd);

	fd = dial();
	say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, 1);
	pass(400);
	say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, 1);
	is_int(heard.status[0], 200, "between requests it does not run");
	memcpy(slow, "GET /", 5);
	ms = trickle(fd, slow, 20);
	hear_end(fd);
	ok(heard.status[0] == 408 && ms >= 250 && ms < 10000,
	    "but in the next request: %d ms", ms);
	close(fd);

	fd = dial();
	int64_t start = clock_mono_us();
	hear_end(fd);
	ok(heard.n == 0 && heard.is_closed &&
		clock_mono_us() - start < 10000000,
	    "who says nothing at all is left without a word");
	close(fd);
	rig_stop();
}

static void
test_body_timeout(void)
{
	static char junk[600000], slow[1000];
	rig_limits();
	rig.limits.body_timeout_ms = 300;
	rig_start();
	memset(slow, 'a', sizeof(slow) - 1);
	int fd = dial();
	say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2000\r\n\r\n");
	int ms = trickle(fd, slow, 20);
	hear_end(fd);
	ok(heard.status[0] == 408 && ms >= 250 && ms < 10000,
	    "a slow body has its time in all: %d ms", ms);
	is_int(rig.n_abandoned, 1, "its owner is told");
	close(fd);

	fd = dial();
	say(fd,
	    "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 600000\r\n\r\n");
	say_n(fd, junk, 599000);
	pass(700);
	is_int(http_server_connections(rig.server), 1,
	    "nine times 64 KB give nine seconds more");
	say_n(fd, junk, 1000);
	hear(fd, 1);
	is_int(heard.status[0], 200, "in which it may end");
	close(fd);
	rig_stop();

	rig_limits();
	rig.limits.body_timeout_ms = 1000;
	rig_start();
	fd = dial();
	rig.pause = true;
	rig.n_pieces = 0;
	say(fd,
	    "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabcde");
	rig_until(&rig.n_pieces, 1);
	pass(1300);
	is_int(http_server_connections(rig.server), 1,
	    "the owner's own pause does not count");
	rig_resume();
	say(fd, "abcde");
	hear(fd, 1);
	is_int(heard.status[0], 200, "against the client");

	rig.pause = true;
	rig.n_pieces = 0;
	say(fd,
	    "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabcde");
	rig_until(&rig.n_pieces, 1);
	rig_resume();
	hear_end(fd);
	is_int(heard.status[0], 408, "whose time runs again after it");
	close(fd);
	rig_stop();
}

static void
test_other_timeouts(void)
{
	rig_limits();
	rig.limits.idle_timeout_ms = 200;
	rig.limits.write_timeout_ms = 300;
	rig_start();
	int fd = dial();
	say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
	hear_end(fd);
	ok(heard.n == 1 && heard.is_closed && !heard.is_reset,
	    "an idle connection is closed without a word");
	close(fd);
	fd = dial();
	say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	rig_until(&rig.n_waiting, 1);
	pass(400);
	ok(!http_request_gone(rig.waiting[0]),
	    "the owner may take its time for the answer");
	http_reply(rig.waiting[0], 200, "text/plain", NULL, "x", 1);
	hear(fd, 1);
	is_int(heard.status[0], 200, "which comes");
	close(fd);
	rig_until_connections(0);
	fd = dial();
	say(fd, "GET /large HTTP/1.1\r\n" HOST "\r\n");
	rig_until(&rig.n_ready, 3);
	is_int(http_server_connections(rig.server), 1, "a large answer");
	ok(rig_until_connections(0), "which nobody takes is given up");
	close(fd);
	rig_stop();

	rig_limits();
	rig_start();
	fd = dial();
	say(fd, "GET /large HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, 1);
	ok(heard.n == 1 && heard.text.len > 8 << 20, "taken, it comes whole");
	close(fd);
	rig_stop();
}

static void
test_cap(void)
{
	int fds[3], many[90], good = 0;
	rig_limits();
	rig.limits.max_connections = 3;
	rig_start();
	for (int i = 0; i < 3; i++)
		fds[i] = dial();
	ok(rig_until_connections(3), "three connections are the cap");
	for (size_t i = 0; i < N_OF(many); i++)
		many[i] = dial();
	for (size_t i = 0; i < N_OF(many); i++) {
		hear_end(many[i]);
		good += heard.n == 1 && heard.status[0] == 503 &&
		    !heard.is_reset &&
		    strstr(heard.text.data, "Retry-After: 1\r\n") != NULL &&
		    strstr(heard.text.data, "{\"status\":503") != NULL;
		close(many[i]);
	}
	is_int(good, N_OF(many), "all others are told 503 in our shape");
	say(fds[0], "GET / HTTP/1.1\r\n" HOST "\r\n");
	hear(fds[0], 1);
	is_int(heard.status[0], 200, "the three are served meanwhile");
	many[0] = dial_unix();
	say(many[0], "GET / HTTP/1.1\r\n" HOST "\r\n");
	hear(many[0], 1);
	is_int(heard.status[0], 200, "and so is a client of the Unix socket");
	close(many[0]);
	close(fds[0]);
	ok(rig_until_connections(2), "one goes,");
	fds[0] = dial();
	say(fds[0], "GET / HTTP/1.1\r\n" HOST "\r\n");
	hear(fds[0], 1);
	is_int(heard.status[0], 200, "another may come");
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	rig_stop();
}

static void
test_files(void)
{
	struct rlimit old, low;
	struct timespec a, b;
	rig_limits();
	rig_start();
	int fd = dial();
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	/* The next descriptor is one too many. */
	low.rlim_cur = (rlim_t)fd + 1;
	setrlimit(RLIMIT_NOFILE, &low);
	log_open("test", "stderr", LOG_LEVEL_ERROR);
	say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int64_t end = clock_mono_us() + 400000; clock_mono_us() < end;) {
		struct timeval tv = { .tv_usec = 100000 };
		event_base_loopexit(rig.base, &tv);
		event_base_dispatch(rig.base);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	is_int(http_server_connections(rig.server), 0,
	    "without descriptors no connection is taken");
	int64_t used_ms =
	    (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	ok(used_ms < 200, "the server does not spin: %d of 400 ms",
	    (int)used_ms);
	setrlimit(RLIMIT_NOFILE, &old);
	hear(fd, 1);
	is_int(heard.status[0], 200, "later it serves who waited");
	close(fd);
	rig_stop();
}

static void
test_memory(void)
{
	static char junk[100000];
	rig_limits();
	rig.limits.memory_budget = 100000;
	rig_start();
	int first = dial(), second = dial();
	say(first,
	    "POST /later HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	say_n(first, junk, 60000);
	rig_until(&rig.n_waiting, 1);
	say(second,
	    "POST /later HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	say_n(second, junk, 60000);
	hear(second, 1);
	is_int(heard.status[0], 503, "over the budget a body is refused");
	ok(strstr(heard.text.data, "Retry-After: 1\r\n") != NULL,
	    "and may come again");
	say(second,
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\nffff\r\n");
	say_n(second, junk, 0xffff);
	hear_end(second);
	is_int(heard.status[0], 503, "in chunks as well");
	http_reply(rig.waiting[0], 200, NULL, NULL, NULL, 0);
	hear(first, 1);
	close(second);
	second = dial();
	say(second,
	    "POST /later HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	say_n(second, junk, 60000);
	ok(rig_until(&rig.n_waiting, 2), "once there is room it is taken");
	http_reply(rig.waiting[1], 200, NULL, NULL, NULL, 0);
	close(second);
	say(first, "GET /large HTTP/1.1\r\n" HOST "\r\n");
	ok(rig_until_connections(0),
	    "an answer over the budget is not kept for who does not read");
	close(first);
	first = dial();
	say(first,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	say_n(first, junk, 60000);
	hear(first, 1);
	is_int(heard.status[0], 200, "nothing of all that stays counted");
	close(first);
	rig_stop();
}

static void
test_long_heads(void)
{
	char long_name[6000], text[20] = "";
	int fds[40], refused = 0;
	rig_limits();
	rig.limits.memory_budget = 100000;
	rig_start();
	memset(long_name, 'a', sizeof(long_name));
	for (size_t i = 0; i < N_OF(fds); i++) {
		fds[i] = dial();
		say(fds[i], "GET / HTTP/1.1\r\n");
		say_n(fds[i], long_name, sizeof(long_name));
	}
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     refused < 16 && clock_mono_us() < end; rig_turn()) {
		refused = 0;
		for (size_t i = 0; i < N_OF(fds); i++)
			refused += recv(fds[i], text, 12, MSG_PEEK) == 12 &&
			    strcmp(text, "HTTP/1.1 503") == 0;
	}
	for (size_t i = 0; i < N_OF(fds); i++)
		close(fds[i]);
	is_int(refused, 16,
	    "long heads count towards the budget: not all 40 are taken");
	ok(rig_until_connections(0), "all go");
	is_int(ask("GET / HTTP/1.1\r\n" HOST "\r\n"), 200,
	    "then there is room again");
	rig_stop();
}

static void
test_spool(void)
{
	static char junk[200000], dir[300];
	struct rlimit old, low;
	rig_limits();
	snprintf(dir, sizeof(dir), "%s/spool", tap_dir());
	mkdir(dir, 0700);
	rig.limits.spool_dir = dir;
	rig_start();
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	low = old;
	low.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &low);
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	int fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
	say_n(fd, junk, 200000);
	hear_end(fd);
	ok(heard.status[0] == 503 && !heard.is_reset,
	    "a full disk is 503, which arrives");
	is_int(rig.n_abandoned, 1, "the owner is told");
	setrlimit(RLIMIT_FSIZE, &old);
	close(fd);
	fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
	say_n(fd, junk, 200000);
	hear(fd, 1);
	ok(heard.status[0] == 200 && rig.body_was_file,
	    "with room again it works");
	close(fd);
	ok(rmdir(dir) == 0, "a spooled body leaves no name behind");
	fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
	hear_end(fd);
	is_int(heard.status[0], 503, "without its directory it is 503");
	close(fd);
	rig_stop();
}

/* A context with a fresh key and a certificate for that name. */
static SSL_CTX *
make_tls(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_sign(cert, key, EVP_sha256());
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

/* A TLS client on a new connection, its handshake done. */
static SSL *
tls_dial(SSL_CTX *ctx)
{
	SSL *tls = SSL_new(ctx);
	SSL_set_fd(tls, dial());
	SSL_set_connect_state(tls);
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     SSL_do_handshake(tls) != 1 && clock_mono_us() < end;)
		rig_turn();
	return tls;
}

/* True if the name of the server's certificate is that one. */
static bool
tls_name_is(SSL *tls, const char *name)
{
	char text[100] = "";
	X509 *cert = SSL_get1_peer_certificate(tls);
	if (cert != NULL)
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
		    NID_commonName, text, sizeof(text));
	X509_free(cert);
	return strcmp(text, name) == 0;
}

/* Sends a request with a body of n bytes to /echo; bytes heard until that
 * many have come, or until nothing more does. */
static size_t
tls_echo(SSL *tls, size_t n)
{
	char *text = calloc(1, n + 200), piece[16384];
	size_t len =
	    (size_t)snprintf(text, 200,
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n",
		n) +
	    n;
	size_t sent = 0, got = 0;
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     got < n && clock_mono_us() < end;) {
		int w = sent < len
		    ? SSL_write(tls, text + sent, (int)(len - sent))
		    : 0;
		sent += w > 0 ? (size_t)w : 0;
		int r = SSL_read(tls, piece, sizeof(piece));
		got += r > 0 ? (size_t)r : 0;
		if (w <= 0 && r <= 0)
			rig_turn();
	}
	free(text);
	return got;
}

/* Asks for the large answer and reads of it until that many bytes came. */
static size_t
tls_large(SSL *tls, size_t enough)
{
	static const char ask_large[] = "GET /large HTTP/1.1\r\n" HOST "\r\n";
	char piece[16384];
	size_t got = 0;
	SSL_write(tls, ask_large, sizeof(ask_large) - 1);
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     got < enough && clock_mono_us() < end;) {
		int r = SSL_read(tls, piece, sizeof(piece));
		got += r > 0 ? (size_t)r : 0;
		if (r <= 0)
			rig_turn();
	}
	return got;
}

static void
tls_close(SSL *tls)
{
	int fd = SSL_get_fd(tls);
	SSL_free(tls);
	close(fd);
}

static void
test_tls(void)
{
	SSL_CTX *one = make_tls("one"), *two = make_tls("two");
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	signal(SIGPIPE, SIG_IGN);
	rig_limits();
	rig.tls = one;
	rig_start();
	SSL *a = tls_dial(ctx);
	ok(tls_name_is(a, "one"), "TLS with the certificate given");
	ok(tls_echo(a, 3) > 3, "a small body comes back");
	ok(tls_echo(a, 50000) > 50000, "a larger one");
	ok(tls_echo(a, 3000000) > 3000000, "and one through a file");
	size_t whole = (8 << 20) + 100;
	ok(tls_large(a, whole) >= whole, "a large answer comes whole");
	SSL *gone = tls_dial(ctx);
	tls_large(gone, 100000);
	tls_close(gone);
	ok(rig_until_connections(1),
	    "who leaves in the middle of one is let go");
	http_server_set_tls(rig.server, "tcp", two);
	SSL *b = tls_dial(ctx);
	ok(tls_name_is(b, "two"), "a new connection has the new certificate");
	ok(tls_echo(a, 10) > 10, "an old one goes on");
	ok(tls_echo(b, 10) > 10, "beside it");
	char c;
	int error = SSL_ERROR_WANT_READ;
	int fd = dial();
	say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
	hear_end(fd);
	ok(heard.is_closed && heard.n == 0, "plain HTTP gets no answer there");
	close(fd);
	http_server_drain(rig.server);
	for (int64_t end = clock_mono_us() + PATIENCE_US;
	     error == SSL_ERROR_WANT_READ && clock_mono_us() < end;) {
		rig_turn();
		ERR_clear_error();
		error = SSL_get_error(a, SSL_read(a, &c, 1));
	}
	is_int(error, SSL_ERROR_ZERO_RETURN, "its end is said in TLS");
	tls_close(a);
	tls_close(b);
	ok(rig_until_connections(0), "nothing is left");
	rig_stop();
	SSL_CTX_free(one);
	SSL_CTX_free(two);
	SSL_CTX_free(ctx);
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_ERROR);
	test_head_timeout();
	test_body_timeout();
	test_other_timeouts();
	test_cap();
	test_files();
	test_memory();
	test_long_heads();
	test_spool();
	test_tls();
	buf_free(&heard.text);
	return tap_done();
}
