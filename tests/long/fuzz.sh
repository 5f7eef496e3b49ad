#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Requests made wrong, for ten minutes.
export FUZZ_SECONDS=600 CLIENT_SECONDS=700
exec bash "$(dirname "${BASH_SOURCE[0]}")/../clients/run.sh" fuzz
