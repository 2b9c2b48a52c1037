"""Steps of LSTM, GRU and RNN as ONNX graphs, from choices: the order of gates, the products, the updates."""

import numpy as np

import onnx_products
from formulas import CANDIDATE
from onnx_activations import activated


def stack(parts, gates):
    """[G,...]: the arrays of these gates."""
    return np.stack([parts[gate] for gate in gates])


class Cell:
    """Writes steps of one layer into a graph. `number` tells its weights from those of other layers."""

    def __init__(self, w, choice, layer, number):
        self.w, self.choice, self.layer, self.number = w, choice, layer, number

    # -- Sums -----------------------------------------------------------------------------------

    def order(self, gates):
        """The gates in the order of the choice."""
        return "".join(sorted(gates, key=self.choice["order"].index))

    def product(self, operand, parts, biases, gates, label):
        """A product with the weights of these gates: their values by letter, or in one value ("")."""
        name = self.choice["product"]
        weights = stack(parts, gates)
        bias = None if biases is None else stack(biases, gates)
        label = f"{label}_{gates}_{self.number}"
        if name in onnx_products.APART:
            return dict(zip(gates, onnx_products.APART[name](self.w, operand, weights, bias, label)))
        return {"": onnx_products.WHOLE[name](self.w, operand, weights, bias, label)}

    def taken(self, values, gates):
        """The gates by letter."""
        if "" not in values:
            return values
        if len(gates) == 1:
            return {gates: values[""]}
        parts = onnx_products.SPLITS[self.choice["split"]](self.w, values[""], len(gates), self.layer.hidden)
        return dict(zip(gates, parts))

    def of_input(self, x, gates):
        """The product of x with the weights of these gates."""
        biases = self.layer.b if self.choice["bias"] in ("one", "two", "some") else None
        return self.product(x, self.layer.W, biases, gates, "W")

    def of_state(self, h, gates):
        """The product of h with the weights of these gates."""
        biases = self.layer.rb if self.choice["bias"] in ("two", "state", "some") else None
        return self.product(h, self.layer.R, biases, gates, "R")

    def joined(self, x, h, gates):
        """TensorFlow 1 and Haiku: one kernel for both, side by side."""
        both = self.w.concat(-1, x, h)
        weights = {g: np.concatenate([self.layer.W[g], self.layer.R[g]], 1) for g in gates}
        biases = {g: self.layer.b[g] + self.layer.rb[g] for g in gates} if self.choice["bias"] != "none" else None
        return self.product(both, weights, biases, gates, "K")

    def sums(self, x, h, gates):
        """The sums of these gates by letter; x may be a product that is there already."""
        gates = self.order(gates)
        if self.choice["join"]:
            return self.taken(self.joined(x, h, gates), gates)
        px = {"": x} if self.choice.get("is_product") else self.of_input(x, gates)
        ph = self.of_state(h, gates)
        if "" in px and "" in ph and self.choice["sums"] == "whole":
            both = self.w.add("Add", *((ph[""], px[""]) if self.choice["state_first"] else (px[""], ph[""])))
            if self.choice["bias"] == "last":
                bias = stack(self.layer.b, gates).reshape(-1)
                both = self.w.add("Add", both, self.w.weight(f"b_{gates}_{self.number}", bias))
            return self.taken({"": both}, gates)
        px, ph = self.taken(px, gates), self.taken(ph, gates)
        sums = {g: self.w.add("Add", *((ph[g], px[g]) if self.choice["state_first"] else (px[g], ph[g])))
                for g in gates}
        if self.choice["bias"] == "last":
            sums = {g: self.w.add("Add", value, self.w.weight(f"b_{g}_{self.number}", self.layer.b[g]))
                    for g, value in sums.items()}
        return sums

    def clipped(self, value):
        """The argument of an activation within the layer's bounds."""
        if self.layer.clip is None:
            return value
        if self.w.opset < 11:
            return self.w.add("Clip", value, min=-self.layer.clip, max=self.layer.clip)
        low, high = self.w.constant(-self.layer.clip), self.w.constant(self.layer.clip)
        if self.choice["update"] == 1:
            return self.w.add("Min", self.w.add("Max", value, low), high)
        return self.w.add("Clip", value, low, high)

    def activated(self, gate, total):
        """The activation of a gate's sum."""
        layer, total = self.layer, self.clipped(total)
        if gate == CANDIDATE[layer.kind]:
            return activated(self.w, layer.candidate, self.choice["candidate_activation"], total)
        if gate == "f" and self.choice["forget_bias"]:
            total = self.w.add("Add", total, self.w.constant(1.0))
        return activated(self.w, layer.gate, self.choice["activation"], total)

    # -- Steps ----------------------------------------------------------------------------------

    def lstm_step(self, x, h, c):
        """h' and c' of an LSTM."""
        w, layer = self.w, self.layer
        sums = self.sums(x, h, layer.gates)
        gate = {}
        for name in "ifg":
            if name in layer.P:
                sums[name] = w.add("Add", sums[name], w.add("Mul", c, w.weight(f"P_{name}_{self.number}",
                                                                              layer.P[name])))
            if name in sums:
                gate[name] = self.activated(name, sums[name])
        if layer.coupled:
            gate[layer.coupled] = w.one_minus(gate["f" if layer.coupled == "i" else "i"])
        kept, new = w.add("Mul", gate["f"], c), w.add("Mul", gate["i"], gate["g"])
        c = w.add("Sum" if self.choice["update"] == 2 else "Add",
                  *((new, kept) if self.choice["update"] == 1 else (kept, new)))
        if "o" in layer.P:
            sums["o"] = w.add("Add", sums["o"], w.add("Mul", c, w.weight(f"P_o_{self.number}", layer.P["o"])))
        o = self.activated("o", sums["o"])
        a = activated(w, layer.output, self.choice["candidate_activation"], self.clipped(c))
        return w.add("Mul", *((a, o) if self.choice["update"] == 1 else (o, a))), c

    def gru_step(self, x, h, c):
        """h' of a GRU, and c as it is."""
        w, layer, choice = self.w, self.layer, self.choice
        if layer.resets_after and not choice["join"]:
            order = self.order("rzn")
            gx = self.taken({"": x} if choice.get("is_product") else self.of_input(x, order), order)
            gh = self.taken(self.of_state(h, order), order)
            r, z = (self.activated(g, w.add("Add", gx[g], gh[g])) for g in "rz")
            n = w.add("Add", gx["n"], w.add("Mul", r, gh["n"]))
        else:
            r, z, n = self.reset_before(x, h)
        n = self.activated("n", n)
        return self.blend(z, n, h), c

    def reset_before(self, x, h):
        """The gates r and z and the sum of n, with r * h in the product of n."""
        w, choice = self.w, self.choice
        if choice["join"] or not choice["input_at_once"]:
            sums = self.sums(x, h, "rz")
            r, z = self.activated("r", sums["r"]), self.activated("z", sums["z"])
            return r, z, self.sums(x, w.add("Mul", r, h), "n")["n"]
        order = self.order("rzn")
        gx = self.taken({"": x} if choice.get("is_product") else self.of_input(x, order), order)
        gh = self.taken(self.of_state(h, self.order("rz")), self.order("rz"))
        r, z = (self.activated(g, w.add("Add", gx[g], gh[g])) for g in "rz")
        state = self.taken(self.of_state(w.add("Mul", r, h), "n"), "n")["n"]
        return r, z, w.add("Add", gx["n"], state)

    def blend(self, z, n, h):
        """h' of a GRU."""
        w = self.w
        new, old = (h, n) if self.layer.update_takes_new else (n, h)
        how = self.choice["update"]
        if how == 0:
            return w.add("Add", w.add("Mul", z, old), w.add("Mul", w.one_minus(z), new))
        if how == 1:
            return w.add("Add", w.add("Mul", w.one_minus(z), new), w.add("Mul", z, old))
        return w.add("Add", new, w.add("Mul", z, w.add("Sub", old, new)))

    def rnn_step(self, x, h, c):
        """h' of a plain recurrence, and c as it is."""
        return self.activated("n", self.sums(x, h, "n")["n"]), c

    def step(self, x, h, c):
        """h' and c'."""
        return {"LSTM": self.lstm_step, "GRU": self.gru_step, "RNN": self.rnn_step}[self.layer.kind](x, h, c)
