/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/metric.h"

#include <string.h>

#include "model/email.h"

static const struct {
	const char *name;
	enum mail_metric n, of; /* of METRIC_COUNT: a count, else a rate */
} metrics[] = {
	{ "received", METRIC_RECEIVED, METRIC_COUNT },
	{ "delivered", METRIC_DELIVERED, METRIC_COUNT },
	{ "complained", METRIC_COMPLAINED, METRIC_COUNT },
	{ "suppressed", METRIC_SUPPRESSED, METRIC_COUNT },
	{ "bounced", METRIC_BOUNCED, METRIC_COUNT },
	{ "bounced_transient", METRIC_BOUNCED_TRANSIENT, METRIC_COUNT },
	{ "bounced_permanent", METRIC_BOUNCED_PERMANENT, METRIC_COUNT },
	{ "bounced_undetermined", METRIC_BOUNCED_UNDETERMINED, METRIC_COUNT },
	{ "opened", METRIC_OPENED, METRIC_COUNT },
	{ "clicked", METRIC_CLICKED, METRIC_COUNT },
	{ "unsubscribed", METRIC_UNSUBSCRIBED, METRIC_COUNT },
	{ "delivery_delayed", METRIC_DELAYED, METRIC_COUNT },
	{ "failed", METRIC_FAILED, METRIC_COUNT },
	{ "sent", METRIC_SENT, METRIC_COUNT },
	{ "unique_opened", METRIC_UNIQUE_OPENED, METRIC_COUNT },
	{ "unique_clicked", METRIC_UNIQUE_CLICKED, METRIC_COUNT },
	{ "delivery_rate", METRIC_DELIVERED, METRIC_SENT },
	{ "open_rate", METRIC_UNIQUE_OPENED, METRIC_DELIVERED },
	{ "click_rate", METRIC_UNIQUE_CLICKED, METRIC_DELIVERED },
	{ "bounce_rate", METRIC_BOUNCED, METRIC_SENT },
	{ "complaint_rate", METRIC_COMPLAINED, METRIC_DELIVERED },
	{ "unsubscribe_rate", METRIC_UNSUBSCRIBED, METRIC_DELIVERED },
};

enum mail_metric
metric_of_email(const struct email *e)
{
	switch (e->status) {
	case EMAIL_SENT:
		return METRIC_SENT;
	case EMAIL_FAILED:
		return METRIC_FAILED;
	case EMAIL_SKIPPED:
		return METRIC_SUPPRESSED;
	default:
		return METRIC_COUNT;
	}
}

const char *
metric_name(int i)
{
	return i >= 0 && i < (int)N_OF(metrics) ? metrics[i].name : NULL;
}

int
metric_find(const char *name)
{
	for (int i = 0; i < (int)N_OF(metrics); i++)
		if (strcmp(metrics[i].name, name) == 0)
			return i;
	return -1;
}

bool
metric_is_rate(int i)
{
	return metrics[i].of != METRIC_COUNT;
}

double
metric_value(int i, const int64_t counts[METRIC_COUNT])
{
	int64_t n = counts[metrics[i].n];
	if (!metric_is_rate(i))
		return (double)n;
	int64_t of = counts[metrics[i].of];
	return of == 0 ? 0 : (double)n / (double)of;
}
