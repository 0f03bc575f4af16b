#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each fuzz target holds its properties on the files of its corpus. FAPID_BUILD is the build folder.
set -uo pipefail
cd "$(dirname "$0")/../.."

mapfile -t sources < <(cd tests/fuzz && ls fuzz_*.c)
echo "1..${#sources[@]}"
number=0
failed=0
for source in "${sources[@]}"; do
    number=$((number + 1))
    name=${source#fuzz_}
    name=${name%.c}
    if output=$("$FAPID_BUILD/tests/fuzz/replay_$name" "tests/fuzz/corpus/$name"/* 2>&1) \
            && [ "$(grep -c '^ok ' <<<"$output")" -ge 10 ]; then
        echo "ok $number - corpus_of_$name"
    else
        sed 's/^/# /' <<<"$output"
        echo "not ok $number - corpus_of_$name"
        failed=1
    fi
done
exit $failed
