#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The same with 200 kills.
# shellcheck disable=SC2034
POSTFLOW_KILLS=200
# shellcheck source=tests/integration/kill9.sh
. "$(dirname "$0")/../integration/kill9.sh"
