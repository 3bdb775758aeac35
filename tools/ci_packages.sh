#!/usr/bin/env bash
# Compilers, sanitizers; DCMTK, dicom3tools, OpenJPEG's commands, Orthanc (the tests' second opinions and peers). Usage: ci_packages.sh PYTHON
# Installs what is missing where that is allowed, and then says what still is.
set -euo pipefail
python=$1

is_complete() {
    command -v gcc clang dcmdump dcm2json dciodvfy opj_compress openssl Orthanc >/dev/null && has_clang_runtime && has_python
}
has_clang_runtime() {
    [ -e "$(clang -print-file-name=libclang_rt.asan-x86_64.so)" ] ||
        [ -e "$(clang -print-file-name=libclang_rt.asan-aarch64.so)" ] ||
        [ -e "$(clang -print-file-name=libclang_rt.asan.so)" ]
}
has_python() {
    "$python" -c 'import ensurepip, os, sysconfig, sys
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}

if ! is_complete && command -v apt-get >/dev/null; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root='sudo -n'
    if [ -z "$as_root" ] || $as_root true 2>/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        $as_root apt-get update -qq
        $as_root apt-get install -y -qq --no-install-recommends build-essential clang dcmtk dicom3tools libopenjp2-tools openssl orthanc python3-dev python3-venv
        if ! has_clang_runtime; then
            version=$(clang -dumpversion | cut -d. -f1)
            $as_root apt-get install -y -qq --no-install-recommends "libclang-rt-$version-dev"
        fi
    fi
fi
for tool in gcc clang dcmdump dcm2json dciodvfy opj_compress openssl Orthanc; do
    command -v "$tool" >/dev/null || { echo "missing: $tool"; exit 1; }
done
has_clang_runtime || { echo 'missing: the sanitizer runtime of clang'; exit 1; }
has_python || { echo "missing: venv or the headers of $python"; exit 1; }
