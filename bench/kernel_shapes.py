"""Graphs of one operator each, small and large, for the kernels that both Gatefold and oneDNN have."""


def graph(node, inputs, weights=(), output="float[]", opset=20):
    """ONNX text: inputs and weights are (name, type); weights are constants of 0.01."""
    def count(kind):
        extents = kind[kind.index("[") + 1:-1].split(",")
        product = 1
        for extent in extents:
            product *= int(extent)
        return product

    parameters = ", ".join(f"{kind} {name}" for name, kind in inputs)
    constants = ", ".join(f"{kind} {name} = {{{', '.join(['0.01'] * count(kind))}}}"
                          for name, kind in weights)
    return (f'<ir_version: 9, opset_import: ["" : {opset}]>\n'
            f"g ({parameters}) => ({output} y)\n<{constants}>\n{{ y = {node} }}\n")


def element_wise():
    for op in ("Sigmoid", "Tanh", "Gelu", "Elu <alpha = 1.0>", "Sqrt", "Softplus"):
        name = op.split()[0]
        for extents in ("1,128", "64,512", "256,4096"):
            yield (f"{name} [{extents}]",
                   graph(f"{op} (x)", [("x", f"float[{extents}]")], output=f"float[{extents}]"))
    for op in ("Add", "Mul", "Div"):
        for left, right in (("1,128", "1,128"), ("64,512", "512"), ("256,4096", "256,4096")):
            yield (f"{op} [{left}], [{right}]",
                   graph(f"{op} (a, b)", [("a", f"float[{left}]"), ("b", f"float[{right}]")],
                         output=f"float[{left}]"))


def rows():
    for extents in ("8,64", "64,512", "256,4096"):
        last = extents.split(",")[-1]
        x, like = [("x", f"float[{extents}]")], f"float[{extents}]"
        yield f"Softmax [{extents}]", graph("Softmax <axis = -1> (x)", x, output=like)
        yield f"LogSoftmax [{extents}]", graph("LogSoftmax <axis = -1> (x)", x, output=like)
        scale = [("s", f"float[{last}]"), ("b", f"float[{last}]")]
        yield (f"LayerNormalization [{extents}]",
               graph("LayerNormalization <axis = -1> (x, s, b)", x, scale, like))
        first = extents.split(",")[0]
        yield (f"ReduceSum [{extents}]",
               graph("ReduceSum <keepdims = 0> (x, axes)", x,
                     output=f"float[{first}]").replace("<>", "<int64[1] axes = {1}>"))
        yield (f"Transpose [{extents}]",
               graph("Transpose <perm = [1, 0]> (x)", x, output=f"float[{last},{first}]"))


def products():
    for m, k, n in ((1, 128, 512), (8, 256, 1024), (64, 512, 512), (512, 512, 512)):
        yield (f"Gemm [{m},{k}] [{k},{n}]",
               graph("Gemm (x, w, c)", [("x", f"float[{m},{k}]")],
                     [("w", f"float[{k},{n}]"), ("c", f"float[{n}]")], f"float[{m},{n}]"))
        yield (f"MatMul [{m},{k}] [{k},{n}], no constant",
               graph("MatMul (x, w)", [("x", f"float[{m},{k}]"), ("w", f"float[{k},{n}]")],
                     output=f"float[{m},{n}]"))


def images():
    convolutions = (("1,1,40,100", "16,1,3,3"), ("1,32,28,28", "64,32,3,3"),
                    ("1,64,56,56", "64,64,1,1"), ("8,64,28,28", "128,64,3,3"),
                    ("1,16,400", "16,16,5"), ("1,2,4000", "8,2,9"))
    for x, w in convolutions:
        yield (f"Conv [{x}] [{w}]",
               graph("Conv (x, w)", [("x", f"float[{x}]")], [("w", f"float[{w}]")],
                     "float[" + ",".join("nmhw"[:len(x.split(","))]) + "]"))
    yield ("Conv [1,64,56,56] depthwise 3 x 3",
           graph("Conv <group = 64, pads = [1, 1, 1, 1]> (x, w)", [("x", "float[1,64,56,56]")],
                 [("w", "float[64,1,3,3]")], "float[1,64,56,56]"))
    yield ("AveragePool [1,64,56,56] 2 x 2",
           graph("AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (x)",
                 [("x", "float[1,64,56,56]")], output="float[1,64,28,28]"))
    channels = [(name, "float[64]") for name in ("s", "b", "m", "v")]
    yield ("BatchNormalization [1,64,56,56]",
           graph("BatchNormalization (x, s, b, m, v)", [("x", "float[1,64,56,56]")], channels,
                 "float[1,64,56,56]"))


def recurrences():
    for op, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        for t, n, h in ((1, 1, 128), (100, 1, 128), (50, 32, 256), (28, 64, 128)):
            yield (f"{op} T={t} N={n} I={h} H={h}",
                   graph(f"{op} <hidden_size = {h}> (x, w, r, b)", [("x", f"float[{t},{n},{h}]")],
                         [("w", f"float[1,{gates * h},{h}]"), ("r", f"float[1,{gates * h},{h}]"),
                          ("b", f"float[1,{2 * gates * h}]")], f"float[{t},1,{n},{h}]", 14))


def convolution_training():
    """Convolutions whose weights change, and the gradients of their data and weights."""
    for x, w, y, pads in (("8,1,32,100", "32,1,3,3", "8,32,32,100", "[1, 1, 1, 1]"),
                          ("8,64,16,50", "64,64,3,3", "8,64,16,50", "[1, 1, 1, 1]"),
                          ("8,16,400", "16,16,5", "8,16,400", "[2, 2]")):
        data, filters, change = (f"float[{extents}]" for extents in (x, w, y))
        yield (f"Conv [{x}] [{w}], no constant",
               graph(f"Conv <pads = {pads}> (x, w)", [("x", data), ("w", filters)], output=change))
        yield (f"ConvTranspose [{y}] [{w}], no constant",
               graph(f"ConvTranspose <pads = {pads}> (x, w)", [("x", change), ("w", filters)],
                     output=data))
        yield (f"ConvWeightGrad [{x}] [{y}]",
               graph(f"gatefold.ConvWeightGrad <pads = {pads}> (x, d, s)",
                     [("x", data), ("d", change)], output=filters)
               .replace("\n<>", f"\n<int64[{w.count(',') + 1}] s = {{{w}}}>"))


def recurrent_training():
    """A layer that keeps its workspace, and its gradient."""
    for op, gates, cell in (("LSTM", 4, ", c"), ("GRU", 3, ""), ("RNN", 1, "")):
        for t, n, h in ((100, 1, 128), (50, 32, 256)):
            missing = ", " * (4 if cell else 2)
            weights = (f"float[1,{gates * h},{h}] w, float[1,{gates * h},{h}] r, "
                       f"float[1,{2 * gates * h}] b")
            yield (f"{op} and its gradient T={t} N={n} I={h} H={h}",
                   f'<ir_version: 9, opset_import: ["" : 14]>\n'
                   f"g (float[{t},{n},{h}] x, {weights}, float[{t},1,{n},{h}] d) => "
                   "(float[] dx, float[] dw, float[] dr, float[] db)\n"
                   f"{{ y, h{cell}, k = gatefold.{op}Training <hidden_size = {h}> (x, w, r, b)\n"
                   f"  dx, dw, dr, db = gatefold.{op}Grad <hidden_size = {h}> "
                   f"(x, w, r, b, {missing}y, k, d) }}\n")


def kernel_graphs():
    """(what, ONNX text) of every operator and shape."""
    for family in (element_wise, rows, products, images, recurrences, convolution_training,
                   recurrent_training):
        yield from family()
