#!/usr/bin/env python3
"""Writes a model whose LSTM is spelled in parts and unrolled over time, as ONNX text.

    unrolled_lstm.py NODES > model.onnxtxt

The cell is spelled as PyTorch's exporter does, with 15 nodes per step. For measuring how compile
time grows: `gatefold compile model.onnxtxt -o compiled.onnx --time-passes`.
"""

import sys

INPUTS, HIDDEN = 8, 8

STEP = """\
  x{t} = Gather <axis = 1> (x, at{t})
  a{t} = Gemm <transB = 1> (h{t}, r, br)
  b{t} = Gemm <transB = 1> (x{t}, w, bw)
  s{t} = Add (a{t}, b{t})
  i{t}, f{t}, g{t}, o{t} = Split <axis = 1, num_outputs = 4> (s{t})
  ia{t} = Sigmoid (i{t})
  fa{t} = Sigmoid (f{t})
  ga{t} = Tanh (g{t})
  oa{t} = Sigmoid (o{t})
  kept{t} = Mul (fa{t}, c{t})
  new{t} = Mul (ia{t}, ga{t})
  c{n} = Add (kept{t}, new{t})
  t{t} = Tanh (c{n})
  h{n} = Mul (oa{t}, t{t})
  y{t} = Unsqueeze (h{n}, one)
"""
NODES_PER_STEP = STEP.count("=") - STEP.count("<axis") - STEP.count("transB") - STEP.count("num_")


def weights(name, *dims):
    count = 1
    for dim in dims:
        count *= dim
    shape = ",".join(str(dim) for dim in dims)
    numbers = ", ".join(f"{(i * 37 % 101 - 50) / 128:.6f}" for i in range(count))
    return f"float[{shape}] {name} = {{{numbers}}}"


def main():
    steps = int(sys.argv[1]) // NODES_PER_STEP
    gates = 4 * HIDDEN
    constants = [weights("w", gates, INPUTS), weights("r", gates, HIDDEN), weights("bw", gates),
                 weights("br", gates), "int64[1] one = {1}"]
    constants += [f"int64 at{t} = {{{t}}}" for t in range(steps)]
    print('<ir_version: 8, opset_import: ["" : 18]>')
    print(f"unrolled (float[batch,{steps},{INPUTS}] x, float[batch,{HIDDEN}] h0, "
          f"float[batch,{HIDDEN}] c0) => (float[batch,{steps},{HIDDEN}] y)")
    print("  <" + ",\n   ".join(constants) + ">\n{")
    for t in range(steps):
        print(STEP.format(t=t, n=t + 1), end="")
    print("  y = Concat <axis = 1> (" + ", ".join(f"y{t}" for t in range(steps)) + ")\n}")


if __name__ == "__main__":
    main()
