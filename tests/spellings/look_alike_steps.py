"""Steps in PyTorch that look like those of LSTM, GRU and RNN and are something else.

Each is the text of one step from x [N,I] and the states h and c [N,H], with the shapes of its parameters
(extents by letter) and of its further inputs. `self.NAME` reads a parameter; a further input is read by its
name; t is the number of the step."""

import dataclasses

LSTM = {"W": "4H I", "R": "4H H", "b": "4H"}
GRU = {"W": "3H I", "R": "3H H", "b": "3H", "rb": "3H"}
RNN = {"W": "H I", "R": "H H", "b": "H"}
SUMS = "s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\n"
GATES = SUMS + "i, f, g, o = s.chunk(4, 1)\n"
ACTIVATED = GATES + "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)\n"
CELL = "c = f * c + i * g\n"
OUTPUT = "h = o * torch.tanh(c)\n"
ENDING = CELL + OUTPUT
PRODUCTS = "px, ph = F.linear(x, self.W, self.b), F.linear(h, self.R, self.rb)\n" \
    "xr, xz, xn = px.chunk(3, 1)\nhr, hz, hn = ph.chunk(3, 1)\n"
GRU_GATES = PRODUCTS + "r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)\n"
BLEND = "h = (1.0 - z) * n + z * h\n"
NEW_RNN = "new = torch.tanh(F.linear(x, self.W, self.b) + F.linear(h, self.R))\n"


@dataclasses.dataclass
class Step:
    """`nodes`: the kind of node over time that some of its steps may become, or empty for none. `width` replaces H for h
    where a projection makes it narrower."""

    text: str
    parameters: dict
    inputs: dict = dataclasses.field(default_factory=dict)
    nodes: str = ""
    width: str = "H"
    traced_only: bool = False


LSTM_STEPS = {
    "layer_norm_of_sums": Step(
        "s = F.layer_norm(F.linear(x, self.W, self.b) + F.linear(h, self.R), [24], self.scale, self.shift)\n"
        "i, f, g, o = s.chunk(4, 1)\ni, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), "
        "torch.sigmoid(o)\n" + ENDING, {**LSTM, "scale": "4H", "shift": "4H"}),
    "layer_norm_of_both": Step(
        "s = F.layer_norm(F.linear(x, self.W), [24], self.scale, self.shift) + F.layer_norm("
        "F.linear(h, self.R), [24], self.b)\ni, f, g, o = s.chunk(4, 1)\ni, f, g, o = torch.sigmoid(i), "
        "torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)\n" + ENDING, {**LSTM, "scale": "4H", "shift": "4H"}),
    "layer_norm_of_cell": Step(
        ACTIVATED + CELL + "h = o * torch.tanh(F.layer_norm(c, [6], self.scale, self.shift))\n",
        {**LSTM, "scale": "H", "shift": "H"}),
    "layer_norm_in_parts": Step(
        SUMS + "m = s.mean(1, keepdim=True)\nv = ((s - m) ** 2).mean(1, keepdim=True)\n"
        "s = (s - m) / torch.sqrt(v + 1e-5) * self.scale\ni, f, g, o = s.chunk(4, 1)\n"
        "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)\n" + ENDING,
        {**LSTM, "scale": "4H"}),
    "projection": Step(ACTIVATED + CELL + "h = F.linear(o * torch.tanh(c), self.V)\n",
                       {"W": "4H I", "R": "4H P", "b": "4H", "V": "P H"}, width="P"),
    "zoneout_of_both": Step(ACTIVATED + "c = 0.1 * c + 0.9 * (f * c + i * g)\nh = 0.2 * h + 0.8 * o * "
                            "torch.tanh(c)\n", LSTM),
    "zoneout_of_output": Step(ACTIVATED + CELL + "h = 0.1 * h + 0.9 * (o * torch.tanh(c))\n", LSTM),
    "zoneout_by_mask": Step(ACTIVATED + CELL + "h = torch.where(drop > 0, h, o * torch.tanh(c))\n", LSTM,
                            {"drop": "N H"}),
    "dropout_of_state": Step("h = h * drop\n" + ACTIVATED + ENDING, LSTM, {"drop": "N H"}),
    "dropout_of_candidate": Step(ACTIVATED + "g = g * drop\n" + ENDING, LSTM, {"drop": "N H"}),
    "dropout_of_output": Step(ACTIVATED + CELL + "h = o * torch.tanh(c) * drop\n", LSTM, {"drop": "N H"}),
    "input_gate_hard": Step(GATES + "i, f, g, o = F.hardsigmoid(i), torch.sigmoid(f), torch.tanh(g), "
                            "torch.sigmoid(o)\n" + ENDING, LSTM),
    "output_gate_tanh": Step(GATES + "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), "
                             "torch.tanh(o)\n" + ENDING, LSTM),
    "forget_gate_relu": Step(GATES + "i, f, g, o = torch.sigmoid(i), F.relu(f), torch.tanh(g), "
                             "torch.sigmoid(o)\n" + ENDING, LSTM),
    "forget_gate_slightly_other": Step(GATES + "i, f, g, o = torch.sigmoid(i), torch.sigmoid(1.001 * f) "
                                       "* 0.999, torch.tanh(g), torch.sigmoid(o)\n" + ENDING, LSTM),
    "sums_clipped_far_out": Step(SUMS + "s = torch.clamp(s, -50.0, 50.0)\ni, f, g, o = s.chunk(4, 1)\n"
                                 "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), "
                                 "torch.sigmoid(o)\n" + ENDING, LSTM),
    "one_sum_clipped_far_out": Step(GATES + "i, f, g, o = torch.sigmoid(i), torch.sigmoid(torch.clamp(f, "
                                    "-20.0, 20.0)), torch.tanh(g), torch.sigmoid(o)\n" + ENDING, LSTM),
    "sums_clipped_on_one_side": Step(SUMS + "s = torch.clamp(s, max=8.0)\ni, f, g, o = s.chunk(4, 1)\n"
                                     "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), "
                                     "torch.sigmoid(o)\n" + ENDING, LSTM),
    "gates_clipped": Step(SUMS + "s = torch.clamp(s, -0.5, 0.5)\ni, f, g, o = s.chunk(4, 1)\n"
                          "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), "
                          "torch.sigmoid(o)\n" + ENDING, LSTM),
    "cell_clipped": Step(ACTIVATED + "c = torch.clamp(f * c + i * g, -0.4, 0.4)\n" + OUTPUT, LSTM),
    "cell_clipped_far_out": Step(GATES + "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), F.relu(g), "
                                 "torch.sigmoid(o)\nc = torch.clamp(f * c + i * g, max=100.0)\nh = o * F.relu(c)\n",
                                 LSTM),
    "state_clipped_far_out": Step(GATES + "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), F.relu(g), "
                                  "torch.sigmoid(o)\n" + CELL + "h = torch.clamp(o * F.relu(c), max=60.0)\n", LSTM),
    "candidate_chosen_far_out": Step(GATES + "i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)\n"
                                     "g = torch.where(g > 30.0, 0.5 * torch.tanh(g), torch.tanh(g))\n" + ENDING, LSTM),
    "tanh_with_eps": Step(GATES + "i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)\n"
                          "g = (torch.exp(2.0 * g.clamp(max=40.0)) - 1.0) / (torch.exp(2.0 * g.clamp(max=40.0)) "
                          "+ 1.0 + 1e-3)\n" + ENDING, LSTM),
    "gates_with_floor": Step(ACTIVATED + "f = torch.max(f, torch.full_like(f, 1e-3))\n" + ENDING, LSTM),
    "gate_to_the_power": Step(ACTIVATED + "f = f ** 1.01\n" + ENDING, LSTM),
    "no_forget_gate": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\ni, g, o = s.chunk(3, 1)\n"
                           "c = c + torch.sigmoid(i) * torch.tanh(g)\nh = torch.sigmoid(o) * torch.tanh(c)\n",
                           {"W": "3H I", "R": "3H H", "b": "3H"}),
    "constant_forget_gate": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\ni, g, o = s.chunk(3, 1)\n"
                                 "c = 0.9 * c + torch.sigmoid(i) * torch.tanh(g)\n"
                                 "h = torch.sigmoid(o) * torch.tanh(c)\n",
                                 {"W": "3H I", "R": "3H H", "b": "3H"}),
    "no_output_gate": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\ni, f, g = s.chunk(3, 1)\n"
                           "c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)\nh = torch.tanh(c)\n",
                           {"W": "3H I", "R": "3H H", "b": "3H"}),
    "output_of_old_cell": Step(ACTIVATED + "h = o * torch.tanh(c)\n" + CELL, LSTM),
    "output_peephole_of_old_cell": Step(GATES + "o = torch.sigmoid(o + self.P * c)\ni, f, g = torch.sigmoid(i), "
                                        "torch.sigmoid(f), torch.tanh(g)\n" + ENDING, {**LSTM, "P": "H"}),
    "peephole_of_matrix": Step(GATES + "i, f = torch.sigmoid(i + F.linear(c, self.P)), torch.sigmoid(f + "
                               "F.linear(c, self.P))\ng, o = torch.tanh(g), torch.sigmoid(o)\n" + ENDING,
                               {**LSTM, "P": "H H"}),
    "peephole_of_candidate": Step(GATES + "g = torch.tanh(g + self.P * c)\ni, f, o = torch.sigmoid(i), "
                                  "torch.sigmoid(f), torch.sigmoid(o)\n" + ENDING, {**LSTM, "P": "H"}),
    "residual_state": Step(ACTIVATED + CELL + "h = o * torch.tanh(c) + h\n", LSTM, nodes="LSTM"),
    "multiplicative_sums": Step("s = F.linear(x, self.W) * F.linear(h, self.R) + self.b\ni, f, g, o = s.chunk(4, 1)\n"
                                "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)\n"
                                + ENDING, LSTM),
    "scaled_per_unit": Step(ACTIVATED + CELL + "h = o * torch.tanh(c) * self.v\n", {**LSTM, "v": "H"}),
    "trained_temperature": Step(SUMS + "i, f, g, o = (s * self.v).chunk(4, 1)\ni, f, g, o = torch.sigmoid(i), "
                                "torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)\n" + ENDING,
                                {**LSTM, "v": "1"}, nodes="LSTM"),
    "trained_slope": Step(GATES + "i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(self.v * g), "
                          "torch.sigmoid(o)\n" + ENDING, {**LSTM, "v": "H"}, nodes="LSTM"),
    "bias_behind_activation": Step(ACTIVATED + "g = g + self.v\n" + ENDING, {**LSTM, "v": "H"}),
    "mask_with_holes": Step("old_h, old_c = h, c\n" + ACTIVATED + ENDING + "m = (keep > t)[:, t].unsqueeze(1)\n"
                            "h, c = torch.where(m, h, old_h), torch.where(m, c, old_c)\n", LSTM, {"keep": "N T"}),
    "mask_of_floats": Step("old_h, old_c = h, c\n" + ACTIVATED + ENDING + "m = keep[:, t].unsqueeze(1)\n"
                           "h, c = m * h + (1.0 - m) * old_h, m * c + (1.0 - m) * old_c\n", LSTM, {"keep": "N T"}),
    "mask_of_output_only": Step("old_h = h\n" + ACTIVATED + ENDING + "h = torch.where((keep > 0)[:, t].unsqueeze(1), "
                                "h, old_h)\n", LSTM, {"keep": "N T"}),
    "mask_that_clears": Step(ACTIVATED + ENDING + "m = keep[:, t].unsqueeze(1)\nh, c = m * h, m * c\n", LSTM,
                             {"keep": "N T"}),
    "every_second_step": Step("if t % 2 == 0:\n    old = h\n" + "".join(
        f"    {line}\n" for line in (ACTIVATED + ENDING).splitlines()), LSTM, traced_only=True, nodes="LSTM"),
    "other_weights_at_last": Step("w = self.W if t < 4 else self.V\n" + ACTIVATED.replace("self.W", "w") + ENDING,
                                  {**LSTM, "V": "4H I"}, traced_only=True, nodes="LSTM"),
    "gate_without_input": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\ni, f, g = s.chunk(3, 1)\n"
                               "o = torch.sigmoid(F.linear(h, self.V))\nc = torch.sigmoid(f) * c + torch.sigmoid(i) * "
                               "torch.tanh(g)\n" + OUTPUT, {"W": "3H I", "R": "3H H", "b": "3H", "V": "H H"},
                               nodes="LSTM"),
    "candidate_without_state": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\ni, f, o = "
                                    "torch.sigmoid(s).chunk(3, 1)\ng = torch.tanh(F.linear(x, self.V))\n" + ENDING,
                                    {"W": "3H I", "R": "3H H", "b": "3H", "V": "H I"}, nodes="LSTM"),
    "output_fed_back": Step("x = x + F.linear(h, self.V)\n" + ACTIVATED + ENDING, {**LSTM, "V": "I H"}, nodes="LSTM"),
    "weights_of_low_rank": Step("s = F.linear(x, self.W, self.b) + F.linear(F.linear(h, self.V), self.R)\n"
                                "i, f, g, o = s.chunk(4, 1)\ni, f, g, o = torch.sigmoid(i), torch.sigmoid(f), "
                                "torch.tanh(g), torch.sigmoid(o)\n" + ENDING,
                                {"W": "4H I", "V": "P H", "R": "4H P", "b": "4H"}, nodes="LSTM"),
    "normalized_weights": Step("w = self.v * self.R / self.R.norm(dim=1, keepdim=True)\n"
                               + ACTIVATED.replace("self.R", "w") + ENDING, {**LSTM, "v": "4H 1"}, nodes="LSTM"),
    "shared_weights_of_gates": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\nu, g, o = s.chunk(3, 1)\n"
                                    "i = f = torch.sigmoid(u)\ng, o = torch.tanh(g), torch.sigmoid(o)\n" + ENDING,
                                    {"W": "3H I", "R": "3H H", "b": "3H"}, nodes="LSTM"),
    "input_used_twice": Step("x = torch.cat([x, x * x], 1)\n" + ACTIVATED + ENDING,
                             {"W": "4H 2I", "R": "4H H", "b": "4H"}, nodes="LSTM"),
    "state_of_two_steps_ago": Step("old = h\ns = F.linear(x, self.W, self.b) + F.linear(c, self.R)\n"
                                   "h = torch.tanh(s)\nc = old\n", {"W": "H I", "R": "H H", "b": "H"}),
    "cast_in_between": Step(ACTIVATED + "c = f * c.half().float() + i * g\n" + OUTPUT, LSTM),
}
