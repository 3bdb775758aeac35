#!/usr/bin/env bash
# Build core and extension modules with clang's AddressSanitizer and UndefinedBehaviorSanitizer; run the C
# tests, and Python tests against that build. Usage: ci_sanitize.sh BUILD_FOLDER [PYTEST ARGUMENTS]
# Needs cmake, ninja, cython and the test requirements in the active environment.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
shift

mkdir -p "$build/site"
cp -r src/dicomet "$build/site/"
find "$build/site" -name '*.so' -delete
cmake -S . -B "$build/tree" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DDICOMET_SANITIZE=address,undefined -DDICOMET_TESTS=ON -DDICOMET_INPLACE="$build/site/dicomet" \
    -DPython_EXECUTABLE="$(command -v python)" -DCYTHON_EXECUTABLE="$(command -v cython)" >"$build/log" ||
    { cat "$build/log"; exit 1; }
cmake --build "$build/tree" >"$build/log" || { cat "$build/log"; exit 1; }

runtime=$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")
[ -e "$runtime" ] || runtime=$(clang -print-file-name=libclang_rt.asan.so)
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=4096
export UBSAN_OPTIONS=print_stacktrace=1
LD_LIBRARY_PATH=$(dirname "$runtime") ctest --test-dir "$build/tree" --output-on-failure

# The interpreter itself leaks what it never frees, and takes its small blocks from malloc to be watched.
export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS PYTHONMALLOC=malloc PYTHONPATH="$build/site"
export LD_PRELOAD="$runtime"
python -c 'import dicomet._native.index as native, os, sys
sys.exit(not native.__file__.startswith(os.environ["PYTHONPATH"]) and "the sanitized build is not the one in use")'
if [ $# != 0 ]; then
    python -m pytest -p no:cacheprovider "$@"
    exit
fi
# Two at a time; without what runs libraries more than it runs our code.
python -m pytest -p no:cacheprovider tests/fuzz tests/write/test_edits.py tests/write/test_written_values.py \
    tests/write/test_written_text.py tests/write/test_written_files.py tests/write/test_properties.py \
    tests/write/test_atomic.py tests/deid/test_deid_around.py tests/deid/test_deid_hostile.py >"$build/some.log" 2>&1 &
some=$!
others=0
python -m pytest -p no:cacheprovider --ignore=tests/oracle/test_pixels_equal.py --ignore=tests/pixels/test_video.py \
    tests/oracle tests/bulk tests/kernels tests/net tests/pixels tests/test_arrays.py tests/test_dataset.py \
    tests/test_model.py tests/test_pickle.py tests/test_reader.py tests/test_threads.py tests/test_iods.py \
    tests/validation || others=$?
wait "$some" || others=$?
cat "$build/some.log"
exit "$others"
