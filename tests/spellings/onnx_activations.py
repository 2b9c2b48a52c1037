"""Activations as graphs spell them: functions of a GraphWriter and a value."""

from formulas import LEAK, SCALED_TANH


def _exponential_sigmoid(w, x):
    return w.add("Div", w.constant(1.0), w.add("Add", w.constant(1.0), w.add("Exp", w.add("Neg", x))))


def _half_tanh(w, x):
    half = w.add("Tanh", w.add("Mul", x, w.constant(0.5)))
    return w.add("Add", w.add("Mul", half, w.constant(0.5)), w.constant(0.5))


def _half_tanh_sum(w, x):
    return w.add("Div", w.add("Add", w.constant(1.0), w.add("Tanh", w.add("Div", x, w.constant(2.0)))),
                 w.constant(2.0))


def _complement(w, x):
    return w.one_minus(w.add("Sigmoid", w.add("Neg", x)))


def _reciprocal(w, x):
    return w.add("Reciprocal", w.add("Add", w.add("Exp", w.add("Neg", x)), w.constant(1.0)))


def _double_sigmoid(w, x):
    doubled = w.add("Sigmoid", w.add("Mul", x, w.constant(2.0)))
    return w.add("Sub", w.add("Mul", doubled, w.constant(2.0)), w.constant(1.0))


def _tanh_of_exp(w, x):
    e = w.add("Exp", w.add("Mul", x, w.constant(-2.0)))
    return w.add("Div", w.add("Sub", w.constant(1.0), e), w.add("Add", w.constant(1.0), e))


def _clip(w, x, low, high):
    if w.opset < 11:
        return w.add("Clip", x, min=low, max=high)
    return w.add("Clip", x, w.constant(low), w.constant(high))


def _keras_hard_sigmoid(w, x):
    """0.2 x + 0.5, then Max and Min or a Clip."""
    return _clip(w, w.add("Add", w.add("Mul", x, w.constant(0.2)), w.constant(0.5)), 0.0, 1.0)


def _hard_sigmoid_of_min_max(w, x):
    line = w.add("Add", w.add("Mul", w.constant(0.2), x), w.constant(0.5))
    return w.add("Max", w.add("Min", line, w.constant(1.0)), w.constant(0.0))


def _relu6(w, x):
    return w.add("Div", _clip(w, w.add("Add", x, w.constant(3.0)), 0.0, 6.0), w.constant(6.0))


def _relu_and_min(w, x):
    six = w.add("Min", w.add("Relu", w.add("Add", x, w.constant(3.0))), w.constant(6.0))
    return w.add("Mul", six, w.constant(1 / 6))


def _scaled_tanh(w, x):
    return w.add("Mul", w.add("Tanh", w.add("Mul", x, w.constant(SCALED_TANH[1]))), w.constant(SCALED_TANH[0]))


def _softsign(w, x):
    return w.add("Div", x, w.add("Add", w.add("Abs", x), w.constant(1.0)))


def _plain(op, **attributes):
    return lambda w, x: w.add(op, x, **attributes)


SPELLINGS = {
    "sigmoid": [_plain("Sigmoid"), _exponential_sigmoid, _half_tanh, _half_tanh_sum, _complement, _reciprocal],
    "tanh": [_plain("Tanh"), _double_sigmoid, _tanh_of_exp],
    "relu": [_plain("Relu"), lambda w, x: w.add("Max", x, w.constant(0.0)),
             lambda w, x: w.add("Where", w.add("Greater", x, w.constant(0.0)), x, w.constant(0.0))],
    "hard_sigmoid": [_plain("HardSigmoid", alpha=0.2, beta=0.5), _plain("HardSigmoid"), _keras_hard_sigmoid,
                     _hard_sigmoid_of_min_max],
    "hard_sigmoid_sixth": [_plain("HardSigmoid", alpha=1 / 6, beta=0.5), _relu6, _relu_and_min],
    "softsign": [_plain("Softsign"), _softsign],
    "scaled_tanh": [_scaled_tanh],
    "leaky_relu": [_plain("LeakyRelu", alpha=LEAK),
                   lambda w, x: w.add("Max", x, w.add("Mul", x, w.constant(LEAK)))],
    "elu": [_plain("Elu"), lambda w, x: w.add(
        "Where", w.add("Greater", x, w.constant(0.0)), x,
        w.add("Sub", w.add("Exp", w.add("Min", x, w.constant(0.0))), w.constant(1.0)))],
    "softplus": [_plain("Softplus"),
                 lambda w, x: w.add("Log", w.add("Add", w.add("Exp", x), w.constant(1.0)))],
    "identity": [lambda w, x: x],
}


def activated(w, name, number, x):
    """An activation spelled in the way of that number."""
    ways = SPELLINGS[name]
    return ways[number % len(ways)](w, x)
