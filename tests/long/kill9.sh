#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The same with 50 kills.
# shellcheck disable=SC2034
KILL_TIMES=50
# shellcheck source=tests/integration/kill9.sh
. "$(dirname "$0")/../integration/kill9.sh"
