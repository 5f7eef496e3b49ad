#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The load with 100,000 events.
# shellcheck disable=SC2034
LOAD_EVENTS=100000
# shellcheck source=tests/integration/load.sh
. "$(dirname "$0")/../integration/load.sh"
