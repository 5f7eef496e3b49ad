/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an endpoint's address may be. libcurl takes it apart, because libcurl
 * will go there: two readings of one text are how a host is smuggled.
 */
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/fault.h"
#include "base/netaddr.h"
#include "model/hook.h"

/* A part of the address; NULL if it has none. To be freed by curl_free(). */
static char *
part(CURLU *u, CURLUPart which)
{
	char *text = NULL;
	return curl_url_get(u, which, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool
has(CURLU *u, CURLUPart which)
{
	char *text = part(u, which);
	bool is_there = text != NULL;
	curl_free(text);
	return is_there;
}

/* True of "localhost" and what lies below it, with or without the root's dot.
 */
static bool
is_this_machine(const char *host)
{
	static const char name[] = "localhost";
	size_t n = strlen(host), len = sizeof(name) - 1;
	if (n > 0 && host[n - 1] == '.')
		n--;
	return n >= len && strncasecmp(host + n - len, name, len) == 0 &&
	    (n == len || host[n - len - 1] == '.');
}

static int
check_host(const char *host, bool allow_private, struct fault *fault_r)
{
	bool is_public = true;
	for (const char *p = host; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return fault(fault_r, FAULT_INVALID,
			    "The host of the `endpoint` must be written in "
			    "ASCII (`xn--...`), not `%s`.",
			    host);
	if (!allow_private &&
	    (is_this_machine(host) ||
		(netaddr_read(host, &is_public) == 1 && !is_public)))
		return fault(fault_r, FAULT_INVALID,
		    "The `endpoint` must not be on this machine or a private "
		    "network: `%s` (see webhooks.allow_private).",
		    host);
	return 0;
}

static int
check_parts(CURLU *u, const char *text, bool allow_private,
    struct fault *fault_r)
{
	char *scheme = part(u, CURLUPART_SCHEME);
	char *host = part(u, CURLUPART_HOST);
	int rc = -1;
	if (scheme == NULL ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		fault(fault_r, FAULT_INVALID,
		    "The `endpoint` must begin with `https://` or `http://`, "
		    "not `%.100s`.",
		    text);
	/* libcurl makes a host of what stands behind a third slash. */
	else if (host == NULL || strstr(text, "://") == NULL ||
	    strstr(text, "://")[3] == '/')
		fault(fault_r, FAULT_INVALID,
		    "The `endpoint` names no host: `%.200s`.", text);
	else if (has(u, CURLUPART_USER) || has(u, CURLUPART_PASSWORD))
		fault(fault_r, FAULT_INVALID,
		    "The `endpoint` must not hold a user name or a password.");
	else if (has(u, CURLUPART_FRAGMENT))
		fault(fault_r, FAULT_INVALID,
		    "The `endpoint` must not have a fragment: `%.200s`.", text);
	else
		rc = check_host(host, allow_private, fault_r);
	curl_free(scheme);
	curl_free(host);
	return rc;
}

int
hook_check_endpoint(const char *text, bool allow_private, struct fault *fault_r)
{
	size_t n = strlen(text);
	if (n == 0 || n > HOOK_URL_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The `endpoint` field must have 1 to %d bytes, not %zu.",
		    HOOK_URL_MAX, n);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return fault(fault_r, FAULT_INVALID,
			    "The `endpoint` must not hold blanks or control "
			    "characters.");
	CURLU *u = curl_url();
	int rc = -1;
	if (u == NULL)
		fault(fault_r, FAULT_INTERNAL, "No memory for a URL.");
	else if (curl_url_set(u, CURLUPART_URL, text,
		     CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		fault(fault_r, FAULT_INVALID,
		    "The `endpoint` is not a URL: `%.200s`.", text);
	else
		rc = check_parts(u, text, allow_private, fault_r);
	curl_url_cleanup(u);
	return rc;
}
