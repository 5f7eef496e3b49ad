/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts and topics in the store.
 */
#pragma once

#include "model/contact.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* 1 found, 0 not, -1 with fault_r; texts live in the arena. */
int store_contact_by_key(struct txn *, struct arena *, const char *email_key,
    struct contact *, struct fault *fault_r);
/* The id alone, from the index alone. 1, 0, -1. */
int store_contact_id(struct txn *, const char *email_key, int64_t *id_r,
    struct fault *fault_r);
int store_contact_by_id(struct txn *, struct arena *, int64_t id,
    struct contact *, struct fault *fault_r);
/* Writes a new contact; its id is given by the caller. */
int store_contact_insert(struct txn *, const struct contact *,
    struct fault *fault_r);
int store_contact_update(struct txn *, const struct contact *,
    struct fault *fault_r);
/* Removes the contact and its subscriptions. 1, 0 if there was none, -1. */
int store_contact_delete(struct txn *, int64_t id, struct fault *fault_r);
/* list_r->items is an array of struct contact. */
int store_contact_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);

int store_topic_insert(struct txn *, const struct topic *,
    struct fault *fault_r);
int store_topic_get(struct txn *, struct arena *, int64_t id, struct topic *,
    struct fault *fault_r);
/* Its name, description and visibility. 0 or -1. */
int store_topic_update(struct txn *, const struct topic *,
    struct fault *fault_r);
int store_topic_delete(struct txn *, int64_t id, struct fault *fault_r);
int store_topic_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);
/* Every topic as the contact has it; items are struct subscription. */
int store_topics_of(struct txn *, struct arena *, int64_t contact,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* Whether the contact takes mail of a topic: its own choice, else the topic's
 * default; a topic that does not exist any more takes none. 1, 0, -1. */
int store_topic_wanted(struct txn *, int64_t contact, int64_t topic,
    struct fault *fault_r);
/* Notes the contact's choice. 1 if that changed something, 0 if not, -1. */
int store_topic_choose(struct txn *, int64_t contact, int64_t topic,
    bool opted_in, struct fault *fault_r);
