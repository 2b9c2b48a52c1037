"""What recurrent layers compute, in plain numpy and double precision, and made-up weights for them.

Every spelling is written from one of these layers, and its outputs are compared with theirs. A gate
has one letter: i f g o of an LSTM (g is the candidate), r z n of a GRU (n is the candidate), n of an
RNN.
"""

import dataclasses

import numpy as np

GATES = {"LSTM": "ifgo", "GRU": "rzn", "RNN": "n"}
CANDIDATE = {"LSTM": "g", "GRU": "n", "RNN": "n"}
# Numbers of the parametrised activations.
SCALED_TANH = (1.7159, 0.6666667)
LEAK = 0.1

ACTIVATIONS = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard_sigmoid_sixth": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "scaled_tanh": lambda x: SCALED_TANH[0] * np.tanh(SCALED_TANH[1] * x),
    "leaky_relu": lambda x: np.where(x >= 0, x, LEAK * x),
    "elu": lambda x: np.where(x >= 0, x, np.exp(np.minimum(x, 0)) - 1),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "identity": lambda x: x,
}


@dataclasses.dataclass
class Layer:
    """One recurrent layer in one direction.

    Per gate: `W` [H,I], `R` [H,H], `b` and `rb` [H] (zeros where a spelling has none; rb belongs to
    the state's product), `P` [H] for the gates i f o with peepholes. `gate`, `candidate` and `output`
    name activations. `coupled` names the gate that is 1 minus the other one of i and f. `clip` bounds
    the sums and the cell state that the output's activation sees."""

    kind: str
    W: dict
    R: dict
    b: dict
    rb: dict
    P: dict = dataclasses.field(default_factory=dict)
    gate: str = "sigmoid"
    candidate: str = "tanh"
    output: str = "tanh"
    coupled: str = ""
    clip: float = None
    resets_after: bool = True
    update_takes_new: bool = False
    reverse: bool = False

    @property
    def gates(self):
        """The letters of the gates that have weights."""
        return "".join(gate for gate in GATES[self.kind] if gate != self.coupled)

    @property
    def hidden(self):
        """H."""
        return next(iter(self.R.values())).shape[0]

    @property
    def width(self):
        """I."""
        return next(iter(self.W.values())).shape[1]

    def clipped(self, x):
        """The argument of an activation within the layer's bounds."""
        return x if self.clip is None else np.clip(x, -self.clip, self.clip)

    def product(self, gate, x, h):
        """The sum of a gate, biases included."""
        return x @ self.W[gate].T + self.b[gate] + h @ self.R[gate].T + self.rb[gate]

    def activated(self, gate, total):
        """The activation of a gate's sum."""
        name = self.candidate if gate == CANDIDATE[self.kind] else self.gate
        return ACTIVATIONS[name](self.clipped(total))

    def step(self, x, h, c):
        """The states after one step: x [N,I], h and c [N,H]."""
        if self.kind == "LSTM":
            return self._lstm_step(x, h, c)
        if self.kind == "RNN":
            return self.activated("n", self.product("n", x, h)), c
        r = self.activated("r", self.product("r", x, h))
        z = self.activated("z", self.product("z", x, h))
        state = (r * (h @ self.R["n"].T + self.rb["n"]) if self.resets_after
                 else (r * h) @ self.R["n"].T + self.rb["n"])
        n = self.activated("n", x @ self.W["n"].T + self.b["n"] + state)
        return (z * n + (1 - z) * h if self.update_takes_new else (1 - z) * n + z * h), c

    def _lstm_step(self, x, h, c):
        gate = {}
        for name in self.gates:
            if name != "o":
                gate[name] = self.activated(name, self.product(name, x, h) + self.P.get(name, 0) * c)
        if self.coupled:
            gate[self.coupled] = 1 - gate["f" if self.coupled == "i" else "i"]
        c = gate["f"] * c + gate["i"] * gate["g"]
        o = self.activated("o", self.product("o", x, h) + self.P.get("o", 0) * c)
        return o * ACTIVATIONS[self.output](self.clipped(c)), c

    def run(self, x, h=None, c=None, lengths=None):
        """Y [T,N,H] and the last states: x [T,N,I]. With lengths [N] a state is held where t is not
        below the length, and Y is that state."""
        x = np.asarray(x, np.float64)
        zeros = np.zeros((x.shape[1], self.hidden))
        h = zeros if h is None else np.asarray(h, np.float64)
        c = zeros if c is None else np.asarray(c, np.float64)
        y = [None] * len(x)
        for t in reversed(range(len(x))) if self.reverse else range(len(x)):
            new_h, new_c = self.step(x[t], h, c)
            goes_on = True if lengths is None else (t < np.asarray(lengths))[:, None]
            h, c = np.where(goes_on, new_h, h), np.where(goes_on, new_c, c)
            y[t] = h
        return np.stack(y), h, c


def make_layer(rng, kind, width, hidden, bias="two", peepholes="", **settings):
    """A layer with made-up weights, exact in float. `bias`: none, one (of the inputs' product), state
    (of the state's product), two, or some (of the first gate's and the last one's product with the inputs and of
    the last one's with the state); `peepholes`: letters of the gates that have one."""
    def numbers(*shape):
        return np.float64(np.float32(rng.normal(size=shape) * 0.5))

    gates = GATES[kind]
    with_b = {"one": gates, "two": gates, "some": gates[0] + gates[-1]}.get(bias, "")
    with_rb = {"state": gates, "two": gates, "some": gates[-1]}.get(bias, "")
    layer = Layer(kind, {g: numbers(hidden, width) for g in gates},
                  {g: numbers(hidden, hidden) for g in gates},
                  {g: numbers(hidden) if g in with_b else np.zeros(hidden) for g in gates},
                  {g: numbers(hidden) if g in with_rb else np.zeros(hidden) for g in gates},
                  {g: numbers(hidden) for g in peepholes}, **settings)
    return layer
