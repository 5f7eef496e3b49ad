/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/field.h"

#include <string.h>
#include <strings.h>

#include "base/fault.h"
#include "base/utf8.h"
#include "mail/letter.h"

/* Those that are ours; one that ends in "-" stands for all that begin so. */
static const char *const owned[] = { "From", "Sender", "To", "Cc", "Bcc",
	"Reply-To", "Subject", "Date", "Message-ID", "MIME-", "Content-",
	"Return-Path", "Received", "Received-SPF", "Delivered-To",
	"X-Original-To", "Resent-", "DKIM-Signature", "DomainKey-Signature",
	"ARC-", "Authentication-Results", "Disposition-Notification-" };

static bool
is_owned(const char *name)
{
	for (size_t i = 0; i < N_OF(owned); i++) {
		size_t n = strlen(owned[i]);
		if (owned[i][n - 1] == '-' ? strncasecmp(name, owned[i], n) == 0
					   : strcasecmp(name, owned[i]) == 0)
			return true;
	}
	return false;
}

/* True if the name is what RFC 5322 lets a field be called. */
static bool
is_name(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ':')
			return false;
	return n > 0 && n <= FIELD_NAME_MAX;
}

int
field_check(const char *name, const char *value, struct fault *fault_r)
{
	size_t n = strlen(value);
	if (!is_name(name))
		return fault(fault_r, FAULT_INVALID,
		    "`headers`: `%.80s` cannot be the name of a header.", name);
	if (is_owned(name))
		return fault(fault_r, FAULT_INVALID,
		    "`headers`: `%.80s` is set by the server and cannot be "
		    "given.",
		    name);
	if (n > FIELD_VALUE_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "`headers.%.80s` is %zu bytes long; at most %d are taken.",
		    name, n, FIELD_VALUE_MAX);
	if (!utf8_valid(value, n) || utf8_has_control(value, n))
		return fault(fault_r, FAULT_INVALID,
		    "`headers.%.80s` has a line break or another control "
		    "character.",
		    name);
	if (strspn(value, " ") == n)
		return fault(fault_r, FAULT_INVALID,
		    "`headers.%.80s` is empty.", name);
	return 0;
}

bool
field_is_unsubscribe(const char *name)
{
	return strcasecmp(name, "List-Unsubscribe") == 0 ||
	    strcasecmp(name, "List-Unsubscribe-Post") == 0;
}

bool
field_among(const char *name, const struct letter_field *list, int n)
{
	for (int i = 0; i < n; i++)
		if (strcasecmp(list[i].name, name) == 0)
			return true;
	return false;
}
