#!/usr/bin/env bash
# The whole association as a libFuzzer target, natively under AddressSanitizer: tests/fuzz/fuzz_association.py by
# Atheris, with the modules that ci_sanitize.sh has built. Usage: ci_fuzz_association.sh BUILD_FOLDER SECONDS
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
seconds=$2

if ! python -m pip install --quiet --only-binary=:all: 'atheris>=2.3'; then
    echo "NOT DONE: there is no Atheris for $(python --version)"
    exit 0
fi
# libFuzzer and AddressSanitizer in one: in place of the runtime that the modules were linked with
runtime=$(python -c 'import atheris; print(atheris.path())')/asan_with_fuzzer.so
mkdir -p "$build/runtime"
ln -sf "$runtime" "$build/runtime/$(basename "$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")")"
if ! LD_LIBRARY_PATH=$build/runtime LD_PRELOAD=$runtime PYTHONMALLOC=malloc PYTHONPATH=$build/site \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=4096 \
    python tests/fuzz/fuzz_association.py "$build/corpus" -max_total_time="$seconds" -timeout=20 \
    -rss_limit_mb=6000 -artifact_prefix="$build/found_" 2>"$build/fuzz.log"; then
    tail -60 "$build/fuzz.log"
    for found in "$build/found_"*; do
        [ -e "$found" ] && echo "$(basename "$found"): $(base64 -w0 "$found")"
    done
    exit 1
fi
tail -1 "$build/fuzz.log"
