/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How answers leave: with what is left of the asker's limit, and with a note
 * in the logbook.
 */
#pragma once

#include "api/keyring.h"
#include "http/http.h"

struct api;

/* Who asks, and what is to be noted of it. */
struct asker {
	struct api *api;
	int64_t key; /* id of the API key; 0: a local peer, or nobody */
	struct rate rate;
	bool is_logged;
};

/* Answers the request, as http_reply() does. */
void answer_send(const struct asker *, struct http_request *, int status,
    const char *content_type, const struct http_header *, const void *body,
    size_t len);
/* Answers with an error in the dialect's shape. */
void answer_error(const struct asker *, struct http_request *, int status,
    const char *name, const char *message, const struct http_header *);
/* The path without the prefix, without empty segments, decoded: what is meant.
 * The arena owns it. */
const char *answer_endpoint(const struct api *, struct http_request *);
/* The segments behind the configured prefix; all of them if it is not there. */
const char *const *answer_segments(const struct api *, struct http_request *);
