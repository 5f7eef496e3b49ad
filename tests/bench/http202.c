/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * http202 PORT [parse]: our HTTP server, answering every request 202 with a
 * small JSON body; with "parse" the body must be JSON that names an event, as
 * in evhttp202.
 */
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/fault.h"
#include "base/process.h"
#include "http/http.h"

static const char answer[] =
    "{\"id\":\"01J000000000000000000000\",\"status\":\"accepted\"}";
static bool is_parsing;

static int
begin(void *arg, struct http_request *r, struct http_plan *plan)
{
	(void)arg, (void)r;
	plan->body_max = 1 << 20;
	return 0;
}

/* True if the body is what the endpoint for events would take. */
static bool
has_event(const struct http_request *r)
{
	struct http_body body;
	http_request_body(r, &body);
	json_t *json = json_loadb(body.data, body.len, 0, NULL);
	bool good = json_string_value(json_object_get(json, "event")) != NULL;
	json_decref(json);
	return good;
}

static void
ready(void *arg, struct http_request *r)
{
	(void)arg;
	int status = is_parsing && !has_event(r) ? 400 : 202;
	http_reply(r, status, "application/json", NULL, answer,
	    sizeof(answer) - 1);
}

int
main(int argc, char **argv)
{
	static const struct http_handler handler = { .begin = begin,
		.ready = ready };
	const struct http_limits limits = { .max_connections = 100000,
		.header_timeout_ms = 60000,
		.body_timeout_ms = 60000,
		.idle_timeout_ms = 600000,
		.write_timeout_ms = 60000,
		.head_max = 32768,
		.memory_body = 256 * 1024,
		.memory_budget = 64 << 20,
		.spool_dir = "/tmp" };
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct fault fault;
	int on = 1;
	if (argc < 2)
		return 64;
	is_parsing = argc > 2;
	process_raise_files();
	sin.sin_port = htons((uint16_t)atoi(argv[1]));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(fd, 1024) != 0) {
		perror("listen");
		return 1;
	}
	struct event_base *base = event_base_new();
	struct http_server *s = http_server_new(base, &limits, &fault);
	if (s == NULL ||
	    http_server_listen(s, fd, "bench", &handler, NULL, true, NULL,
		&fault) != 0) {
		fprintf(stderr, "%s\n", fault.text);
		return 1;
	}
	event_base_dispatch(base);
	return 0;
}
