"""Steps of LSTM, GRU and RNN as people write them in PyTorch: source text from choices."""

import numpy as np

import torch_products
from formulas import CANDIDATE, LEAK, SCALED_TANH

# The ways to write an activation of {0}; the first one is the plain one. Those behind OVERFLOWING are
# not finite for large arguments.
SPELLINGS = {
    "sigmoid": ["torch.sigmoid({0})", "{0}.sigmoid()", "0.5 * (torch.tanh(0.5 * {0}) + 1.0)",
                "(1.0 + torch.tanh({0} / 2.0)) / 2.0", "1.0 - torch.sigmoid(-{0})",
                "0.5 + 0.5 * torch.tanh({0} * 0.5)", "1.0 / (1.0 + torch.exp(-{0}))",
                "torch.reciprocal(1.0 + torch.exp(-{0}))", "(1.0 + (-{0}).exp()) ** -1.0",
                "torch.exp({0}) / (1.0 + torch.exp({0}))", "torch.exp(F.logsigmoid({0}))"],
    "tanh": ["torch.tanh({0})", "{0}.tanh()", "2.0 * torch.sigmoid(2.0 * {0}) - 1.0", "-torch.tanh(-{0})",
             "1.0 - 2.0 * torch.sigmoid(-2.0 * {0})", "1.0 - 2.0 / (torch.exp(2.0 * {0}) + 1.0)",
             "(torch.exp({0}) - torch.exp(-{0})) / (torch.exp({0}) + torch.exp(-{0}))",
             "(1.0 - torch.exp(-2.0 * {0})) / (1.0 + torch.exp(-2.0 * {0}))"],
    "relu": ["F.relu({0})", "{0}.clamp(min=0)", "torch.max({0}, torch.zeros_like({0}))",
             "{0} * ({0} > 0).float()", "torch.where({0} > 0, {0}, torch.zeros_like({0}))",
             "({0} + {0}.abs()) / 2.0"],
    "hard_sigmoid": ["torch.clamp(0.2 * {0} + 0.5, 0, 1)", "({0} / 5.0 + 0.5).clamp(min=0).clamp(max=1)",
                     "F.hardtanh(0.2 * {0} + 0.5, 0., 1.)", "F.relu(0.2 * {0} + 0.5).clamp(max=1)",
                     "torch.clamp({0} + 2.5, 0, 5) * 0.2"],
    "hard_sigmoid_sixth": ["F.hardsigmoid({0})", "F.relu6({0} + 3.0) / 6.0",
                           "torch.clamp({0} + 3.0, 0, 6) / 6.0", "({0} / 6.0 + 0.5).clamp(0, 1)"],
    "softsign": ["F.softsign({0})", "{0} / (1.0 + torch.abs({0}))"],
    "scaled_tanh": [f"{SCALED_TANH[0]} * torch.tanh({{0}} * {SCALED_TANH[1]})",
                    f"torch.tanh({SCALED_TANH[1]} * {{0}}) * {SCALED_TANH[0]}"],
    "leaky_relu": [f"F.leaky_relu({{0}}, {LEAK})", f"torch.max({{0}}, {{0}} * {LEAK})",
                   f"torch.where({{0}} >= 0, {{0}}, {LEAK} * {{0}})"],
    "elu": ["F.elu({0})", "torch.where({0} >= 0, {0}, torch.exp({0}) - 1.0)"],
    "softplus": ["F.softplus({0})", "torch.log(1.0 + torch.exp({0}))"],
    "identity": ["{0}"],
}
CLIPS = ["torch.clamp({0}, -{1}, {1})", "F.hardtanh({0}, -{1}, {1})",
         "torch.clamp(torch.clamp({0}, max={1}), min=-{1})", "{0}.clamp(min=-{1}).clamp(max={1})"]
# What is left of the cell state and what is new, added.
CELL_UPDATES = ["{f} * {c} + {i} * {g}", "{i} * {g} + {f} * {c}", "torch.addcmul({f} * {c}, {i}, {g})",
                "{c} * {f} + {g} * {i}", "torch.addcmul({i} * {g}, {f}, {c})",
                "(torch.stack([{f}, {i}]) * torch.stack([{c}, {g}])).sum(0)",
                "torch.mul({f}, {c}) + torch.mul({i}, {g})", "{c} - (1.0 - {f}) * {c} + {i} * {g}"]
COUPLED_BY_FORGET = ["{f} * {c} + (1.0 - {f}) * {g}", "torch.lerp({g}, {c}, {f})", "{g} + {f} * ({c} - {g})",
                     "{c} + (1.0 - {f}) * ({g} - {c})", "{g} - {f} * {g} + {f} * {c}"]
COUPLED_BY_INPUT = ["(1.0 - {i}) * {c} + {i} * {g}", "torch.lerp({c}, {g}, {i})", "{c} + {i} * ({g} - {c})",
                    "{i} * {g} + {c} - {i} * {c}", "torch.addcmul({c}, {i}, {g} - {c})"]
OUTPUTS = ["{o} * {a}", "{a} * {o}", "torch.mul({o}, {a})"]
# h' of a GRU whose z keeps the state.
BLENDS = ["(1.0 - {z}) * {n} + {z} * {h}", "{n} + {z} * ({h} - {n})", "{z} * {h} + (1.0 - {z}) * {n}",
          "torch.lerp({n}, {h}, {z})", "{h} - (1.0 - {z}) * ({h} - {n})", "torch.addcmul({n}, {z}, {h} - {n})",
          "{n} - {z} * {n} + {z} * {h}", "{h} + (1.0 - {z}) * ({n} - {h})", "torch.lerp({h}, {n}, 1.0 - {z})",
          "(torch.stack([1.0 - {z}, {z}]) * torch.stack([{n}, {h}])).sum(0)"]


def blend(choice, layer, z, n, h):
    """h' of a GRU; where z takes the new value n and h change places."""
    text = BLENDS[choice["update"] % len(BLENDS)]
    return text.format(z=z, n=h, h=n) if layer.update_takes_new else text.format(z=z, n=n, h=h)


def activated(source, choice, layer, gate, total):
    """The name of a gate's activation of a sum, clipped if the layer clips."""
    is_candidate = gate == CANDIDATE[layer.kind]
    way = spelled(layer.candidate, choice["candidate_activation"]) if is_candidate else \
        spelled(layer.gate, choice["activation"])
    return source.let(gate, way.format(clipped(source, choice, layer, total)))


def spelled(activation, number):
    """The way of that number to write an activation."""
    ways = SPELLINGS[activation]
    return ways[number % len(ways)]


def clipped(source, choice, layer, value):
    """The argument of an activation within the layer's bounds."""
    if layer.clip is None:
        return value
    return source.let("clipped", CLIPS[choice["update"] % len(CLIPS)].format(value, layer.clip))


def groups_of(choice, gates):
    """The gates whose weights are in one tensor, in their order there."""
    order = "".join(sorted(gates, key=choice["order"].index))
    if choice["packing"] == "separate":
        return list(order)
    if choice["packing"] == "pairs":
        return [order[:2], order[2:]] if len(order) > 2 else [order]
    if choice["packing"] == "candidate_apart":
        groups = [order.replace("g", "").replace("n", ""), "".join(set(order) & set("gn"))]
        return [group for group in groups if group]
    return [order]


def stack(parts, gates):
    """[G,...]: the arrays of these gates."""
    return np.stack([parts[gate] for gate in gates])


class Sums:
    """The products of one layer's step by group of gates, and the sums of their gates."""

    def __init__(self, source, choice, layer, number):
        self.source, self.choice, self.layer, self.number = source, choice, layer, number
        self.hidden = layer.hidden
        self.bias = choice["bias"]

    def product(self, operand, weights, bias, group, label):
        """A line with a product with the weights of a group of gates."""
        w = stack(weights, group)
        b = None if bias is None or not any(bias[gate].any() for gate in group) else stack(bias, group)
        name = self.choice["state_product" if label[0] == "R" else "product"]
        return torch_products.multiply(self.source, name, operand, w, b, f"{label}_{group}", self.number)

    def of_input(self, x, group):
        """The product of x; x itself where it is one."""
        layer = self.layer
        if self.choice.get("is_product"):
            return x
        return self.product(x, layer.W, layer.b if self.bias in ("one", "two", "some") else None, group, "W")

    def of_state(self, h, group):
        """The product of h."""
        layer = self.layer
        return self.product(h, layer.R, layer.rb if self.bias in ("state", "two", "some") else None, group, "R")

    def joined(self, x, h, group):
        """The product of both side by side, with one bias."""
        layer = self.layer
        sides = [(x, layer.W), (h, layer.R)]
        if self.choice["join"] == "hx":
            sides.reverse()
        both = self.source.let("both", f"torch.cat([{sides[0][0]}, {sides[1][0]}], -1)")
        weights = {g: np.concatenate([sides[0][1][g], sides[1][1][g]], 1) for g in group}
        bias = {g: layer.b[g] + layer.rb[g] for g in group} if self.bias != "none" else None
        return self.product(both, weights, bias, group, "W")

    def taken(self, value, group, label="W"):
        """The gates of a product by letter."""
        name = self.choice["state_product" if label == "R" else "product"]
        form = torch_products.PRODUCTS[name].form
        return torch_products.take_gates(self.source, form, self.choice["split"], value, group,
                                         self.hidden)

    def of_all(self, x, h, gates):
        """The sums of the gates, by letter."""
        sums = {}
        for group in groups_of(self.choice, gates):
            if self.choice["join"] != "no":
                sums.update(self.taken(self.joined(x, h, group), group))
                continue
            px, ph = self.of_input(x, group), self.of_state(h, group)
            forms = [torch_products.PRODUCTS[self.choice[key]].form for key in ("product", "state_product")]
            if self.choice["sums"] == "whole" and forms[0] == forms[1]:
                both = f"{ph} + {px}" if self.choice["join_order"] else f"{px} + {ph}"
                sums.update(self.taken(self.source.let("s", both), group))
                continue
            gx, gh = self.taken(px, group), self.taken(ph, group, "R")
            for gate in group:
                sums[gate] = self.source.let(f"s{gate}", f"{gx[gate]} + {gh[gate]}")
        return sums


def lstm_step(source, choice, layer, number, x, h, c):
    """Lines for one step; returns the names of h' and c'."""
    sums = Sums(source, choice, layer, number)
    if choice["at_once"]:
        gate = activated_at_once(source, choice, layer, sums, x, h)
    else:
        sums = sums.of_all(x, h, layer.gates)
        gate = {name: activated(source, choice, layer, name,
                                with_peephole(source, layer, number, name, sums[name], c))
                for name in "ifg" if name in sums}
    updates = {"": CELL_UPDATES, "i": COUPLED_BY_FORGET, "f": COUPLED_BY_INPUT}[layer.coupled]
    new_c = source.let("c", updates[choice["update"] % len(updates)].format(c=c, **gate))
    if "o" not in gate:
        total = with_peephole(source, layer, number, "o", sums["o"], new_c)
        gate["o"] = activated(source, choice, layer, "o", total)
    a = spelled(layer.output, choice["candidate_activation"]).format(clipped(source, choice, layer, new_c))
    a = source.let("a", a)
    return source.let("h", OUTPUTS[choice["update"] % len(OUTPUTS)].format(o=gate["o"], a=a)), new_c


def activated_at_once(source, choice, layer, sums, x, h):
    """The gates of one product, of which three have their activation together; g stands first or last."""
    order = groups_of(choice, layer.gates)[0]
    both = source.let("s", f"{sums.of_input(x, order)} + {sums.of_state(h, order)}")
    end, hidden = len(order) - 1, layer.hidden
    is_first = order[0] == "g"
    if torch_products.PRODUCTS[choice["product"]].form == "planes":
        three = f"{both}[1:]" if is_first else f"{both}[:{end}]"
        one = f"{both}[{0 if is_first else end}]"
        cut = "{v}.unbind(0)"
    else:
        three = f"{both}[:, {hidden}:]" if is_first else f"{both}[:, :{end * hidden}]"
        one = f"{both}[:, :{hidden}]" if is_first else f"{both}[:, {end * hidden}:]"
        cut = f"{{v}}.chunk({end}, 1)"
    three, one = source.let("three", three), source.let("one", one)
    three = source.let("gates", spelled(layer.gate, choice["activation"]).format(three))
    names = [source.fresh(gate) for gate in order.replace("g", "")]
    source.add(f"{', '.join(names)} = {cut.format(v=three)}")
    gates = dict(zip(order.replace("g", ""), names))
    gates["g"] = activated(source, choice, layer, "g", one)
    return gates


def with_peephole(source, layer, number, gate, total, c):
    """The sum with the gate's peephole, if it has one."""
    if gate not in layer.P:
        return total
    weight = source.parameter(f"P_{gate}", number, layer.P[gate])
    return source.let(f"s{gate}", f"{total} + {weight} * {c}")


def gru_step(source, choice, layer, number, x, h, c):
    """Lines for one step; returns the names of h' and, unchanged, of c."""
    sums = Sums(source, choice, layer, number)
    if choice["join"] != "no":
        rz = sums.of_all(x, h, "rz")
        r, z = (activated(source, choice, layer, gate, rz[gate]) for gate in "rz")
        n = candidate_apart(source, choice, sums, x, h, r)
    else:
        gx, gh = {}, {}
        for group in groups_of(choice, "rzn"):
            gx.update(sums.taken(sums.of_input(x, group), group))
        for group in groups_of(choice, "rzn" if layer.resets_after else "rz"):
            gh.update(sums.taken(sums.of_state(h, group), group, "R"))
        r, z = (activated(source, choice, layer, g, source.let(f"s{g}", f"{gx[g]} + {gh[g]}")) for g in "rz")
        if not layer.resets_after:
            gh["n"] = sums.taken(sums.of_state(reset(source, choice, r, h), "n"), "n", "R")["n"]
            text = f"{gx['n']} + {gh['n']}"
        elif choice["join_order"]:
            text = f"torch.addcmul({gx['n']}, {r}, {gh['n']})"
        else:
            text = f"{gx['n']} + {r} * {gh['n']}"
        n = source.let("sn", text)
    n = activated(source, choice, layer, "n", n)
    return source.let("h", blend(choice, layer, z, n, h)), c


def reset(source, choice, r, h):
    """r * h in one order or the other."""
    return source.let("reset", f"{h} * {r}" if choice["join_order"] else f"{r} * {h}")


def candidate_apart(source, choice, sums, x, h, r):
    """The candidate's sum, where its products are apart from those of the gates."""
    if not sums.layer.resets_after:
        return sums.of_all(x, reset(source, choice, r, h), "n")["n"]
    px = sums.taken(sums.of_input(x, "n"), "n")["n"]
    ph = sums.taken(sums.of_state(h, "n"), "n", "R")["n"]
    return source.let("sn", f"{px} + {r} * {ph}")


def rnn_step(source, choice, layer, number, x, h, c):
    """Lines for one step; returns the names of h' and, unchanged, of c."""
    total = Sums(source, choice, layer, number).of_all(x, h, "n")["n"]
    return source.let("h", activated(source, choice, layer, "n", total)), c


STEPS = {"LSTM": lstm_step, "GRU": gru_step, "RNN": rnn_step}
