#!/usr/bin/env bash
# Run every libFuzzer target for a while, two at a time; any finding fails. Usage: ci_fuzz.sh BUILD_FOLDER SECONDS
# Needs clang, cmake, ninja; python with imagecodecs and pillow; pydicom, if there, gives the scanner's target more seeds.
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
# nobody guesses a sound header: these two begin with streams of encoders
python tools/make_codec_corpus.py "$build/streams"

run_target() {
    local target=$1 build=$2 seconds=$3 name seeds=
    name=$(basename "$target")
    # the others begin with what they build themselves
    case $name in
    fuzz_scan | fuzz_check | fuzz_model | fuzz_deid | fuzz_write) seeds=$build/seeds ;;
    fuzz_jpegls | fuzz_j2k) seeds=$build/streams/$name ;;
    esac
    mkdir -p "$build/corpus_$name"
    # shellcheck disable=SC2086
    if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$build/found_${name}_" "$build/corpus_$name" $seeds 2>"$build/$name.log"; then
        echo "$name failed"
        tail -60 "$build/$name.log"
        for found in "$build/found_${name}_"*; do
            [ -e "$found" ] && echo "$(basename "$found"): $(base64 -w0 "$found")"
        done
        return 1
    fi
    echo "$name: $(grep -oE 'number_of_executed_units: *[0-9]+' "$build/$name.log" | tr -s ' ')"
}
export -f run_target

find "$build/tree" -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x | sort |
    xargs -P 2 -I{} bash -c 'run_target "$1" "$2" "$3"' _ {} "$build" "$seconds"
