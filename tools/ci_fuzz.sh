#!/usr/bin/env bash
# Run every libFuzzer target from the seed corpus; any finding fails. Usage: ci_fuzz.sh BUILD_FOLDER SECONDS
# Needs clang, cmake, ninja; python with pydicom, if there, gives more seeds.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
seconds=$2

mkdir -p "$build"
cmake -S . -B "$build/tree" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DDICOMET_PYTHON=OFF -DDICOMET_FUZZ=ON -DDICOMET_SANITIZE=address,undefined >"$build/log" ||
    { cat "$build/log"; exit 1; }
cmake --build "$build/tree" >"$build/log" || { cat "$build/log"; exit 1; }
python tools/make_fuzz_corpus.py "$build/seeds" --regressions tests/fuzz/regressions

for target in "$build"/tree/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=$(basename "$target")
    mkdir -p "$build/corpus_$name"
    if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=5 -print_final_stats=1 \
        -artifact_prefix="$build/found_" "$build/corpus_$name" "$build/seeds" 2>"$build/$name.log"; then
        tail -60 "$build/$name.log"
        for found in "$build"/found_*; do
            [ -e "$found" ] && echo "$(basename "$found"): $(base64 -w0 "$found")"
        done
        exit 1
    fi
    grep -E '^(#[0-9]+\s+DONE|stat::number_of_executed_units)' "$build/$name.log"
done
