/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the threads did so far, for status and metrics.
 */
#include <stdlib.h>
#include <string.h>

#include "store/threads.h"

void
figures_note_commit(struct store *s, int n, int64_t us, bool good)
{
	struct store_figures *f = &s->figures;
	int64_t wal = db_wal_bytes(s->db);
	pthread_mutex_lock(&s->figures_lock);
	f->batches++;
	f->items += n;
	f->failed_batches += !good;
	f->commit_us_total += us;
	f->commit_us_max = us > f->commit_us_max ? us : f->commit_us_max;
	f->wal_bytes = wal;
	f->wal_peak_bytes = wal > f->wal_peak_bytes ? wal : f->wal_peak_bytes;
	/* Nobody may ask for years: the count goes round. */
	s->latencies[s->n_latencies % LATENCIES] = us;
	if (++s->n_latencies == 2 * LATENCIES)
		s->n_latencies = LATENCIES;
	pthread_mutex_unlock(&s->figures_lock);
}

void
figures_note_checkpoint(struct store *s)
{
	pthread_mutex_lock(&s->figures_lock);
	s->figures.checkpoints++;
	pthread_mutex_unlock(&s->figures_lock);
}

void
figures_note_restart(struct store *s)
{
	pthread_mutex_lock(&s->figures_lock);
	s->figures.wal_restarts++;
	pthread_mutex_unlock(&s->figures_lock);
}

void
store_figures(struct store *s, struct store_figures *f)
{
	pthread_mutex_lock(&s->figures_lock);
	*f = s->figures;
	pthread_mutex_unlock(&s->figures_lock);
	f->is_full = atomic_load(&s->is_full);
}

static int
compare_int64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

void
store_commit_latency(struct store *s, int64_t *p50_r, int64_t *p99_r)
{
	int64_t sorted[LATENCIES];
	pthread_mutex_lock(&s->figures_lock);
	int n = s->n_latencies < LATENCIES ? s->n_latencies : LATENCIES;
	memcpy(sorted, s->latencies, (size_t)n * sizeof(*sorted));
	s->n_latencies = 0;
	pthread_mutex_unlock(&s->figures_lock);
	qsort(sorted, (size_t)n, sizeof(*sorted), compare_int64);
	*p50_r = n > 0 ? sorted[n / 2] : 0;
	*p99_r = n > 0 ? sorted[n * 99 / 100] : 0;
}
