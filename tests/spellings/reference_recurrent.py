"""ONNX's LSTM, GRU and RNN by PyTorch's functions, with their default activations, for all sequences of one
length."""

import torch

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def lstm(x, h, c, w, r, b, rb, attributes):
    """h' and c'; gates i o f c."""
    i, o, f, g = (x @ w.t() + h @ r.t() + b + rb).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru(x, h, c, w, r, b, rb, attributes):
    """h' and c as it is; gates z r h."""
    size = h.shape[1]
    xz, xr, xn = (x @ w.t() + b).chunk(3, 1)
    hz, hr = (h @ r[:2 * size].t() + rb[:2 * size]).chunk(2, 1)
    z, reset = torch.sigmoid(xz + hz), torch.sigmoid(xr + hr)
    if attributes.get("linear_before_reset", 0):
        n = torch.tanh(xn + reset * (h @ r[2 * size:].t() + rb[2 * size:]))
    else:
        n = torch.tanh(xn + (reset * h) @ r[2 * size:].t() + rb[2 * size:])
    return (1 - z) * n + z * h, c


def rnn(x, h, c, w, r, b, rb, attributes):
    """h' and c as it is."""
    function = torch.relu if attributes.get("activations", [b"Tanh"])[0] == b"Relu" else torch.tanh
    return function(x @ w.t() + h @ r.t() + b + rb), c


STEPS = {"LSTM": lstm, "GRU": gru, "RNN": rnn}


def run(kind, attributes, x, w, r, b=None, lengths=None, h=None, c=None):
    """The outputs Y [T,D,N,H], Y_h and Y_c [D,N,H]."""
    assert lengths is None, "sequences of several lengths have no reference"
    directions, size = w.shape[0], r.shape[2]
    ys, hs, cs = [], [], []
    for d in range(directions):
        both = torch.zeros(2, GATES[kind] * size, dtype=x.dtype) if b is None else b[d].reshape(2, -1)
        state = torch.zeros(x.shape[1], size, dtype=x.dtype) if h is None else h[d]
        cell = torch.zeros(x.shape[1], size, dtype=x.dtype) if c is None else c[d]
        is_reverse = d == 1 or attributes.get("direction") == b"reverse"
        rows = [None] * len(x)
        for t in reversed(range(len(x))) if is_reverse else range(len(x)):
            state, cell = STEPS[kind](x[t], state, cell, w[d], r[d], both[0], both[1], attributes)
            rows[t] = state
        ys.append(torch.stack(rows))
        hs.append(state)
        cs.append(cell)
    return [torch.stack(ys, 1), torch.stack(hs), torch.stack(cs)]
