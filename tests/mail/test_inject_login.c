/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opening of a session: STARTTLS, AUTH; and LMTP, which answers for each
 * recipient.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/thread.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "tests/mail/inject_rig.h"
#include "tests/tap.h"

/* "\\0user\\0pass word", "user" and "pass word" in base64 */
#define PLAIN    "AHVzZXIAcGFzcyB3b3Jk"
#define USER     "dXNlcg=="
#define PASSWORD "cGFzcyB3b3Jk"

static char password_file[300], ca_file[300];
static X509 *certificate;
static SSL_CTX *server;

/* A certificate of 127.0.0.1 that signs itself, and a server that has it. */
static void
make_server(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509V3_CTX x;
	certificate = X509_new();
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"mta", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	X509V3_set_ctx_nodb(&x);
	X509V3_set_ctx(&x, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *e =
	    X509V3_EXT_conf_nid(NULL, &x, NID_subject_alt_name, "IP:127.0.0.1");
	X509_add_ext(certificate, e, -1);
	X509_EXTENSION_free(e);
	X509_sign(certificate, key, EVP_sha256());
	server = SSL_CTX_new(TLS_server_method());
	if (SSL_CTX_use_certificate(server, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(server, key) != 1)
		fatal("no certificate");
	EVP_PKEY_free(key);
	snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", tap_dir());
	FILE *f = fopen(ca_file, "w");
	PEM_write_X509(f, certificate);
	fclose(f);
}

static void
put_password(const char *text, mode_t mode)
{
	snprintf(password_file, sizeof(password_file), "%s/password",
	    tap_dir());
	FILE *f = fopen(password_file, "w");
	fputs(text, f);
	fclose(f);
	chmod(password_file, mode);
}

static void
set_login(void)
{
	put_password("pass word\nsecond line\n", 0640);
	rig.conf.inject_user = (char *)"user";
	rig.conf.inject_password_file = password_file;
}

static void
set_tls(const char *word)
{
	rig.conf.inject_tls = (char *)word;
	rig.mta.tls = server;
}

/* ---- AUTH ---------------------------------------------------------------- */

static void
test_login(void)
{
	rig_begin("PIPELINING AUTH+LOGIN+PLAIN");
	set_login();
	rig_rule(
	    (struct fake_rule){ "AUTH PLAIN", "235 2.7.0 hello", 0, 0, 0 });
	rig_one_letter();
	rig_told_is(0, INJECT_SENT, 250, "");
	ok(rig_saw("|AUTH PLAIN " PLAIN "\n|MAIL"), "AUTH PLAIN, then mail");
	rig_end();

	rig_begin("PIPELINING AUTH+CRAM-MD5+LOGIN");
	set_login();
	rig_rule(
	    (struct fake_rule){ "AUTH LOGIN", "334 VXNlcm5hbWU6", 0, 0, 0 });
	rig_rule((struct fake_rule){ USER, "334 UGFzc3dvcmQ6", 0, 0, 0 });
	rig_rule((struct fake_rule){ PASSWORD, "235 2.7.0 hello", 0, 0, 0 });
	rig_one_letter();
	rig_told_is(0, INJECT_SENT, 250, "");
	ok(rig_saw("|AUTH LOGIN\n|" USER "\n|" PASSWORD "\n|MAIL"),
	    "AUTH LOGIN, then mail");
	rig_end();
}

/* A session that cannot log in takes no mail, and the mail waits. */
static void
test_no_login(void)
{
	static const struct {
		const char *offers;
		struct fake_rule rule;
		int code;
		const char *text;
	} all[] = {
		{ "AUTH+PLAIN", { "AUTH", "535 5.7.8 no", 0, 0, 0 }, 535,
		    "no" },
		{ "AUTH+LOGIN", { "AUTH", "235 2.7.0 so soon", 0, 0, 0 }, 235,
		    "so soon" },
		{ "AUTH+LOGIN", { "AUTH", "504 5.5.4 no", 0, 0, 0 }, 504,
		    "no" },
		{ "AUTH+PLAIN", { "AUTH", "421 4.3.0 bye", 0, 0, 0 }, 421,
		    "bye" },
		{ "AUTH+CRAM-MD5", { NULL }, 0, "no AUTH by PLAIN or LOGIN" },
		{ "AUTHPLAIN", { NULL }, 0, "no AUTH by PLAIN or LOGIN" },
		{ "PIPELINING", { NULL }, 0, "no AUTH by PLAIN or LOGIN" },
		{ "AUTH+PLAIN", { "EHLO", "500 what", 0, 0, 0 }, 0,
		    "no AUTH by PLAIN or LOGIN" },
	};
	for (size_t i = 0; i < N_OF(all); i++) {
		rig_begin(all[i].offers);
		set_login();
		rig_rule(all[i].rule);
		rig_one_letter();
		rig_told_is(0, INJECT_LATER, all[i].code, all[i].text);
		ok(!rig_saw("MAIL"), "no mail was offered");
		rig_end();
	}
}

static void
test_password_file(void)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *words;
	} bad[] = {
		{ "secret", 0644, "chmod 640" },
		{ "secret", 0660, "chmod 640" },
		{ "", 0600, "1 to 500 bytes" },
		{ "\nsecret\n", 0600, "1 to 500 bytes" },
	};
	struct fault f = { 0 };
	rig_begin(NULL);
	set_login();
	for (size_t i = 0; i < N_OF(bad); i++) {
		put_password(bad[i].text, bad[i].mode);
		ok(inject_open(rig.base, &rig.conf, &rig_handler, &f) == NULL &&
			strstr(f.text, bad[i].words) != NULL &&
			strstr(f.text, "secret") == NULL,
		    "refused: %s", f.text);
	}
	unlink(password_file);
	ok(inject_open(rig.base, &rig.conf, &rig_handler, &f) == NULL,
	    "refused: %s", f.text);
	rig.conf.inject_user = NULL;
	rig_open();
	rig_end();
}

/* ---- TLS ----------------------------------------------------------------- */

static void
test_sealed(void)
{
	static const char *const words[] = { "may", "encrypt", "verify" };
	for (size_t i = 0; i < N_OF(words); i++) {
		rig_begin("PIPELINING CHUNKING STARTTLS AUTH+PLAIN");
		set_tls(words[i]);
		set_login();
		if (i == 2)
			rig.conf.inject_tls_ca = ca_file;
		rig_rule(
		    (struct fake_rule){ "AUTH PLAIN", "235 hello", 0, 0, 0 });
		rig_open();
		for (int n = 0; n < 20; n++)
			rig_submit_plain();
		rig_run();
		rig_told_is(0, INJECT_SENT, 250, "");
		rig_told_is(19, INJECT_SENT, 250, "");
		ok(rig.mta.n_sealed == 1, "%s: one session, sealed", words[i]);
		ok(rig_saw("|EHLO client.example\n|STARTTLS\n|EHLO "
			   "client.example\n|AUTH PLAIN " PLAIN "\n|MAIL"),
		    "who is greeted anew, then the password, then mail");
		is(rig.mta.message.data, LETTER, "the message arrives");
		rig_end();
	}
	/* More than one record, both ways. */
	enum { SIZE = 3000000 };
	struct buf letter = { 0 };
	while (letter.len < SIZE)
		buf_str(&letter, LETTER);
	rig_begin("PIPELINING CHUNKING STARTTLS");
	set_tls("encrypt");
	rig_open();
	inject_submit(rig.injector,
	    rig_job_make("a@lab.example", one, letter.data, letter.len));
	rig_submit_plain();
	rig_run();
	rig_told_is(0, INJECT_SENT, 250, "");
	rig_told_is(1, INJECT_SENT, 250, "");
	rig_end();
	buf_free(&letter);
}

/* What must be sealed is not said in clear. */
static void
test_not_sealed(void)
{
	static const struct {
		const char *word, *offers;
		struct fake_rule rule;
		enum inject_outcome outcome;
		int code;
		const char *text;
	} all[] = {
		{ "encrypt", "PIPELINING", { NULL }, INJECT_LATER, 0,
		    "offers no STARTTLS" },
		{ "encrypt", "STARTTLS",
		    { "STARTTLS", "454 4.7.0 not now", 0, 0, 0 }, INJECT_LATER,
		    454, "not now" },
		{ "encrypt", "STARTTLS", { "EHLO", "502 what", 0, 0, 0 },
		    INJECT_LATER, 0, "offers no STARTTLS" },
		{ "verify", "STARTTLS", { NULL }, INJECT_LATER, 0,
		    "TLS: self-signed certificate" },
		{ "may", "PIPELINING", { NULL }, INJECT_SENT, 250, "" },
		{ "may", "STARTTLS",
		    { "STARTTLS", "454 4.7.0 not now", 0, 0, 0 }, INJECT_SENT,
		    250, "" },
	};
	for (size_t i = 0; i < N_OF(all); i++) {
		rig_begin(all[i].offers);
		set_tls(all[i].word);
		rig_rule(all[i].rule);
		rig_one_letter();
		rig_told_is(0, all[i].outcome, all[i].code, all[i].text);
		ok(rig_saw("MAIL") == (all[i].outcome == INJECT_SENT), "%s",
		    all[i].outcome == INJECT_SENT ? "in clear, as it may"
						  : "nothing was said");
		rig_end();
	}
	/* Trusted, but another host. */
	rig_begin("STARTTLS");
	set_tls("verify");
	rig.conf.inject_tls_ca = ca_file;
	rig.conf.inject_host = (char *)"localhost";
	rig_one_letter();
	rig_told_is(0, INJECT_LATER, 0, "TLS: hostname mismatch");
	rig_end();
	/* Somebody on the way adds an answer in clear. */
	rig_begin("STARTTLS");
	set_tls("may");
	rig.mta.early = "250 2.0.0 Ok: queued as EVIL";
	rig_one_letter();
	rig_told_is(0, INJECT_LATER, 0, "said more before TLS");
	ok(!rig_saw("MAIL"), "nothing was said");
	rig_end();
	/* No file of certificates. */
	struct fault f = { 0 };
	rig_begin("STARTTLS");
	set_tls("verify");
	rig.conf.inject_tls_ca = (char *)"/nonexistent.pem";
	ok(inject_open(rig.base, &rig.conf, &rig_handler, &f) == NULL,
	    "refused: %s", f.text);
	rig.conf.inject_tls = (char *)"none";
	rig_open();
	rig_end();
}

/* ---- LMTP ---------------------------------------------------------------- */

static const char *const four[] = { "a@x", "b@x", "c@x", "d@x", NULL };

static void
lmtp_begin(const char *offers)
{
	rig_begin(offers);
	rig.mta.is_lmtp = true;
	rig.conf.inject_backend = (char *)"lmtp";
}

static void
submit_four(void)
{
	inject_submit(rig.injector,
	    rig_job_make("s@x", four, LETTER, strlen(LETTER)));
}

static void
test_lmtp(void)
{
	static const char *const offers[] = { NULL, "PIPELINING", "" };
	for (size_t i = 0; i < N_OF(offers); i++) {
		const char *at = i == 0 ? "BDAT" : "END";
		lmtp_begin(offers[i]);
		rig_rule((struct fake_rule){ "RCPT TO:<b@x>", "550 5.1.1 who",
		    0, 0, 0 });
		rig_rule(
		    (struct fake_rule){ at, "250 2.1.5 a has it", 0, 0, 1 });
		rig_rule(
		    (struct fake_rule){ at, "552 5.2.2 c is full", 0, 0, 1 });
		rig_rule(
		    (struct fake_rule){ at, "451 4.2.0 d later", 0, 0, 1 });
		rig_open();
		submit_four();
		rig_submit_plain();
		rig_run();
		ok(rig_saw("|LHLO client.example\n"), "LHLO is said");
		rig_told_is(0, INJECT_SENT, 250, "a has it");
		const struct told *w = &rig.told[0];
		ok(w->n_refused == 3 && w->refused[0].recipient == 1 &&
			w->refused[0].code == 550 &&
			w->refused[1].recipient == 2 &&
			w->refused[1].code == 552 &&
			w->refused[2].recipient == 3 &&
			w->refused[2].code == 451,
		    "three of four are refused, each with its code");
		rig_told_is(1, INJECT_SENT, 250, "");
		is_int(rig.told[1].n_refused, 0, "the next job has none");
		rig_end();
	}
}

/* All of them are refused at the end: a "later" speaks for all. */
static void
test_lmtp_nobody(void)
{
	lmtp_begin(NULL);
	rig_rule((struct fake_rule){ "BDAT", "552 5.2.2 full", 0, 0, 3 });
	rig_rule((struct fake_rule){ "BDAT", "451 4.2.0 later", 0, 0, 1 });
	rig_open();
	submit_four();
	rig_run();
	rig_told_is(0, INJECT_LATER, 451, "later");
	is_int(rig.told[0].n_refused, 4, "each is told of");
	rig_end();

	lmtp_begin(NULL);
	rig_rule((struct fake_rule){ "BDAT", "552 5.2.2 full", 0, 0, 1 });
	rig_open();
	rig_submit_plain();
	rig_submit_plain();
	rig_run();
	rig_told_is(0, INJECT_REFUSED, 552, "full");
	rig_told_is(1, INJECT_SENT, 250, "");
	rig_end();

	lmtp_begin("PIPELINING");
	rig_rule((struct fake_rule){ "RCPT", "550 5.1.1 who", 0, 0, 1 });
	rig_rule((struct fake_rule){ "DATA", "354 go", 0, 0, 1 });
	rig_one_letter();
	rig_told_is(0, INJECT_REFUSED, 550, "who");
	rig_end();
}

/* The server is lost between two of its answers: who has it, nobody knows. */
static void
test_lmtp_lost(void)
{
	lmtp_begin(NULL);
	rig_rule((struct fake_rule){ "BDAT", "250 2.1.5 Ok", 0, 0, 2 });
	rig_rule((struct fake_rule){ "BDAT", "", FAKE_CLOSE, 0, 1 });
	rig_open();
	submit_four();
	rig_run();
	rig_told_is(0, INJECT_DOUBT, 0, "closed");
	rig_end();
}

int
main(void)
{
	evthread_use_pthreads();
	signal(SIGPIPE, SIG_IGN);
	if (log_open("test", "/dev/null", LOG_LEVEL_DEBUG) != 0)
		return 1;
	make_server();
	test_login();
	test_no_login();
	test_password_file();
	test_sealed();
	test_not_sealed();
	test_lmtp();
	test_lmtp_nobody();
	test_lmtp_lost();
	SSL_CTX_free(server);
	X509_free(certificate);
	return tap_done();
}
