/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random cases for the engine: what there is, and what happens to it. Names,
 * values and times come from small sets, so that things collide.
 *
 * A case is JSON, to be printed, kept and cut down:
 *
 *     {"seed":1,
 *      "segments":[{"name":"@segment0","filter":RULE|null}],
 *      "topics":["@topic0"],
 *      "automations":[{"name":"A","enabled":true,"graph":GRAPH}],
 *      "actions":[ACTION]}
 *
 * An ACTION has a "do": what is done; "wait": the ms it comes after the one
 * before, or "due": at the moment something is due next; "tick": whether what
 * is due then comes first; and what else it needs:
 *
 *     create    who, fields, segments   event       who, name, payload
 *     update    who, fields             mail        mail, name, payload
 *     delete    who                     start       who, automation, payload
 *     join      who, segment            cancel      run
 *     leave     who, segment            retry       run
 *     unsubscribe who, topic|null       restart, kill
 *     enable, stop, pause, resume, remove: automation
 *
 * run and mail are numbers, taken modulo how many there are. Names that begin
 * with @ stand for ids.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* The case of a seed; the caller owns it. */
json_t *generate_case(uint64_t seed);
