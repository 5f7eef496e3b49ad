/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * evhttp202 PORT [parse]: libevent's own HTTP server, answering every POST 202
 * with a small JSON body; with "parse" the body must be JSON that names an
 * event. It keeps nothing: the reference the figures are measured against.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <jansson.h>

static const char answer[] =
    "{\"id\":\"01J000000000000000000000\",\"status\":\"accepted\"}";
static bool is_parsing;

/* True if the body is what the endpoint for events would take. */
static bool
has_event(struct evbuffer *in)
{
	size_t len = evbuffer_get_length(in);
	const char *text = (const char *)evbuffer_pullup(in, -1);
	json_t *json = text == NULL ? NULL : json_loadb(text, len, 0, NULL);
	bool good = json_string_value(json_object_get(json, "event")) != NULL;
	json_decref(json);
	return good;
}

static void
handle(struct evhttp_request *r, void *arg)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(r);
	struct evbuffer *out = evbuffer_new();
	(void)arg;
	int status = is_parsing && !has_event(in) ? 400 : 202;
	evbuffer_add(out, answer, sizeof(answer) - 1);
	evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type",
	    "application/json");
	evhttp_send_reply(r, status, "Accepted", out);
	evbuffer_free(out);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	is_parsing = argc > 2;
	struct event_base *base = event_base_new();
	struct evhttp *server = evhttp_new(base);
	evhttp_set_allowed_methods(server, EVHTTP_REQ_POST | EVHTTP_REQ_GET);
	evhttp_set_gencb(server, handle, NULL);
	if (evhttp_bind_socket(server, "127.0.0.1", (uint16_t)atoi(argv[1])) !=
	    0)
		return 1;
	event_base_dispatch(base);
	return 0;
}
