#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-format has nothing to change.
set -uo pipefail
cd "$(dirname "$0")/../.."

name=source_is_formatted
echo 1..1
if ! command -v clang-format >/dev/null; then
    echo "ok 1 - $name # SKIP clang-format is not installed"
    exit 0
fi
mapfile -t files < <(find server include tests -name '*.[ch]' | sort)
if [ ${#files[@]} -lt 60 ]; then
    echo "# only ${#files[@]} files found"
    echo "not ok 1 - $name"
    exit 1
fi
if ! said=$(clang-format --dry-run -Werror --ferror-limit=1 "${files[@]}" 2>&1); then
    grep -i 'error' <<<"$said" | sed 's/^/# /'
    echo "not ok 1 - $name"
    exit 1
fi
echo "ok 1 - $name"
