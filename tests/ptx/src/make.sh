#!/bin/sh
# Writes the PTX of every source here into the folder above; needs nvcc (13.0 wrote what is kept there).
cd "$(dirname "$0")" || exit 1
make() {
    nvcc -ptx -lineinfo "$@" || exit 1
    # Names of files, not where they lay.
    sed -i -E '/^[[:space:]]*\.file/s#"[^"]*/([^/"]*)"#"\1"#' "$out"
}
for source in ${*:-*.cu}; do
    stem="${source%.cu}"
    out="../$stem.sm_90.ptx"
    make -arch=sm_90 "$source" -o "$out"
    case "$stem" in
    half | atomics64)
        out="../$stem.sm_80.ptx"
        make -arch=sm_80 "$source" -o "$out"
        ;;
    nbody | functions)
        out="../$stem.fast.sm_90.ptx"
        make -arch=sm_90 --use_fast_math "$source" -o "$out"
        ;;
    esac
done
