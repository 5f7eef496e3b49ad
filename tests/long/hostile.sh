#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The same for longer than any of the server's time limits.
# shellcheck disable=SC2034
HOSTILE_REQUESTS=2500 HOSTILE_NOISE=5000
# shellcheck source=tests/integration/hostile.sh
. "$(dirname "$0")/../integration/hostile.sh"
