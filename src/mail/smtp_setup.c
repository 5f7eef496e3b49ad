/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "conf/conf.h"

enum { PASSWORD_MAX = 500, PASSWORD_FILE_MAX = 16 << 10 };

/* ---- where it is --------------------------------------------------------- */

/* A socket in the file system. */
static int
address_unix(struct smtp_setup *s, const char *path, struct fault *f)
{
	struct smtp_address *a = &s->addresses[0];
	if (strlen(path) >= sizeof(a->un.sun_path))
		return fault(f, FAULT_INVALID,
		    "the socket's path is over %zu octets: %s",
		    sizeof(a->un.sun_path) - 1, path);
	a->un.sun_family = AF_UNIX;
	strcpy(a->un.sun_path, path);
	a->len = sizeof(a->un);
	s->n_addresses = 1;
	snprintf(s->where, sizeof(s->where), "%s=%s",
	    s->is_lmtp ? "lmtp" : "smtp", log_text(path));
	return 0;
}

static bool
is_loopback(const struct smtp_address *a)
{
	const struct sockaddr_in *in = (const void *)&a->storage;
	const struct sockaddr_in6 *in6 = (const void *)&a->storage;
	if (a->any.sa_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return a->any.sa_family == AF_UNIX ||
	    (a->any.sa_family == AF_INET6 &&
		IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
}

/* The server's addresses. */
static int
address_find(struct smtp_setup *s, const struct conf *conf, struct fault *f)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM }, *found;
	char port[16];
	if (conf->inject_host[0] == '/')
		return address_unix(s, conf->inject_host, f);
	snprintf(port, sizeof(port), "%d", conf->inject_port);
	int e = getaddrinfo(conf->inject_host, port, &hint, &found);
	if (e != 0)
		return fault(f, FAULT_UNAVAILABLE,
		    "inject host \"%s\" is not found: %s", conf->inject_host,
		    gai_strerror(e));
	for (struct addrinfo *i = found; i != NULL; i = i->ai_next) {
		struct smtp_address *a = &s->addresses[s->n_addresses];
		if (s->n_addresses == SMTP_ADDRESSES_MAX ||
		    i->ai_addrlen > sizeof(a->storage))
			break;
		memcpy(&a->storage, i->ai_addr, i->ai_addrlen);
		a->len = i->ai_addrlen;
		s->n_addresses++;
	}
	freeaddrinfo(found);
	snprintf(s->where, sizeof(s->where), "%s=%s:%d",
	    s->is_lmtp ? "lmtp" : "smtp", log_text(conf->inject_host),
	    conf->inject_port);
	return 0;
}

/* ---- how it is met ------------------------------------------------------- */

/* The name we greet with: the setting, the host's, or the loopback address. */
static int
helo_find(struct smtp_setup *s, const struct conf *conf, struct fault *f)
{
	if (conf->inject_helo != NULL)
		snprintf(s->helo, sizeof(s->helo), "%s", conf->inject_helo);
	else if (gethostname(s->helo, sizeof(s->helo) - 1) != 0 ||
	    s->helo[0] == '\0')
		strcpy(s->helo, "[127.0.0.1]");
	for (const char *c = s->helo; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return fault(f, FAULT_INVALID,
			    "the name to greet with has a blank or a character "
			    "outside ASCII");
	return 0;
}

static int
tls_find(struct smtp_setup *s, const struct conf *conf, struct fault *f)
{
	static const char *const words[] = {
		[SMTP_TLS_NONE] = "none",
		[SMTP_TLS_MAY] = "may",
		[SMTP_TLS_ENCRYPT] = "encrypt",
		[SMTP_TLS_VERIFY] = "verify",
	};
	for (size_t i = 0; i < N_OF(words); i++)
		if (strcmp(words[i], conf->inject_tls) == 0)
			s->tls = (enum smtp_tls)i;
	s->host = xstrdup(conf->inject_host);
	if (s->tls == SMTP_TLS_NONE)
		return 0;
	s->tls_context = smtp_wire_context(s->tls, conf->inject_tls_ca, f);
	return s->tls_context != NULL ? 0 : -1;
}

/* The first line of a file that others may not read. */
static int
password_read(struct smtp_setup *s, const char *path, struct fault *f)
{
	char text[PASSWORD_FILE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fault(f, FAULT_UNAVAILABLE, "%s: %s.", path,
		    strerror(errno));
	int rc =
	    file_read_secret(path, fd, "the password", text, sizeof(text), f);
	close(fd);
	if (rc != 0)
		return -1;
	size_t len = strcspn(text, "\r\n");
	if (len > 0 && len <= PASSWORD_MAX) {
		text[len] = '\0';
		s->password = xstrdup(text);
	} else {
		rc = fault(f, FAULT_INVALID,
		    "%s: its first line, the password, has to have 1 to %d "
		    "bytes.",
		    path, PASSWORD_MAX);
	}
	OPENSSL_cleanse(text, sizeof(text));
	return rc;
}

static int
login_find(struct smtp_setup *s, const struct conf *conf, struct fault *f)
{
	s->is_local = true;
	for (int i = 0; i < s->n_addresses; i++)
		s->is_local = s->is_local && is_loopback(&s->addresses[i]);
	if (conf->inject_user == NULL)
		return 0;
	s->user = xstrdup(conf->inject_user);
	return password_read(s, conf->inject_password_file, f);
}

int
smtp_setup_read(struct smtp_setup *s, const struct conf *conf, struct fault *f)
{
	*s = (struct smtp_setup){
		.is_lmtp = strcmp(conf->inject_backend, "lmtp") == 0,
	};
	return address_find(s, conf, f) != 0 || helo_find(s, conf, f) != 0 ||
		tls_find(s, conf, f) != 0 || login_find(s, conf, f) != 0
	    ? -1
	    : 0;
}

void
smtp_setup_free(struct smtp_setup *s)
{
	SSL_CTX_free(s->tls_context);
	if (s->password != NULL)
		OPENSSL_cleanse(s->password, strlen(s->password));
	free(s->password);
	free(s->user);
	free(s->host);
}
