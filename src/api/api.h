/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doors over HTTP: authentication, routes, shapes. Handlers turn JSON into
 * the model, call engine or store, and turn the answer into JSON.
 */
#pragma once

#include "base/defs.h"
#include "http/http.h"

struct api;
struct conf;
struct engine;
struct event_base;
struct fault;
struct store;
struct token_keys;

struct api *api_new(struct event_base *, struct store *, struct engine *,
    const struct conf *, const struct token_keys *);
void api_free(struct api *);
void api_set_conf(struct api *, const struct conf *, const struct token_keys *);
/* Reads the keys; before the store's threads run. 0 or -1. */
int api_load_keys(struct api *, struct fault *fault_r);
/* What serves a listener: everything, or the public pages alone. */
struct http_handler api_handler(struct api *);
struct http_handler api_public_handler(struct api *);
/* Requests begun and not answered yet. */
int api_busy(const struct api *);
/* What is called, on the loop, when the file of signing keys has changed. */
void api_on_keys(struct api *, void (*changed)(void *arg), void *arg);
/* For /status. */
void api_set_server(struct api *, struct http_server *);
