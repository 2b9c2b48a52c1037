#!/bin/sh
# Installs what building, testing and the examples need on Debian 12. Run as root or with sudo.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends \
  cmake g++ ninja-build pkg-config \
  libonnx-dev libprotobuf-dev protobuf-compiler libdnnl-dev ocl-icd-opencl-dev libhwy-dev \
  libfmt-dev libcli11-dev nlohmann-json3-dev libzip-dev \
  libicu-dev libpugixml-dev libeigen3-dev libcsv-dev \
  libgtest-dev python3 python3-onnx
