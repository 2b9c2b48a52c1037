#!/bin/sh
# Builds Gatefold for 64-bit Arm on a machine of another kind, and runs the tests of operators, kernels
# and training under qemu: whether results are right, not how fast. Needs root the first time, for the
# tools. Usage: arm64.sh FOLDER, which will hold libraries and build.
set -eu
folder=$(mkdir -p "$1" && realpath "$1")
cd "$(dirname "$0")/.."
if ! command -v qemu-aarch64 aarch64-linux-gnu-g++ mmdebstrap >/dev/null; then
  apt-get install -q -y --no-install-recommends g++-aarch64-linux-gnu qemu-user mmdebstrap
fi
if [ ! -d "$folder/sysroot" ]; then
  # Development packages of two architectures do not stand beside each other.
  mmdebstrap --architecture=arm64 --variant=extract \
    --include=libc6-dev,libstdc++-12-dev,libgcc-12-dev,libgomp1,libonnx-dev,libprotobuf-dev,libdnnl-dev \
    --include=ocl-icd-opencl-dev,libhwy-dev,libfmt-dev,libcli11-dev,nlohmann-json3-dev,libzip-dev \
    --include=libicu-dev,libpugixml-dev,libeigen3-dev,libcsv-dev,libgtest-dev \
    bookworm "$folder/sysroot.part"
  mv "$folder/sysroot.part" "$folder/sysroot"
fi
cmake -S . -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/arm64.cmake" -DGATEFOLD_SYSROOT="$folder/sysroot"
cmake --build "$folder/build" --target gatefold gatefold_tests
run() { qemu-aarch64 -L "$folder/sysroot" "$@"; }
run "$folder/build/tests/gatefold_tests" --gtest_brief=1 \
  --gtest_filter='Ops/*:*Kernel*:*Gradient*:*Training*:VectorMath*:*Products*:Cases/*:Wavefront*:-Cli*'
run "$folder/build/gatefold" test examples tests/training
