#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
#
# Ten thousand random cases through the engine and its second opinion, with the
# build in POSTFLOW_BUILDDIR. ORACLE_CASES is how many, if not that.
set -eu
make -C "$POSTFLOW_BUILDDIR" -s tests/oracle/test_oracle.t >&2
export ORACLE_CASES="${ORACLE_CASES:-10000}"
exec "$POSTFLOW_BUILDDIR/tests/oracle/test_oracle.t"
