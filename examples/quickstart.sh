#!/bin/sh
# Builds Gatefold, then imports, inspects, runs, measures and trains a bundled model.
set -eu
cd "$(dirname "$0")/.."
cmake --preset release
cmake --build --preset release --target gatefold
gatefold=build/release/gatefold
model=examples/models/char_lstm
set -x
$gatefold inspect $model/model.onnx --dim batch=1 --dim time=32
$gatefold run $model/model.onnx --input tokens=$model/test_data_set_0/input_0.pb
$gatefold test $model
$gatefold bench $model --ops
trained=$(mktemp -d)/trained.onnx
$gatefold train $model/model.onnx --data $model/text.npz --loss cross_entropy --metric accuracy \
  --optimizer adam --lr 0.005 --batch-size 8 --epochs 10 --shuffle -o "$trained"
$gatefold run "$trained" --input tokens=$model/test_data_set_0/input_0.pb
