"""Steps that look like those of a GRU or an RNN and are something else, or have no product with the state."""

from look_alike_steps import BLEND, GRU, GRU_GATES, NEW_RNN, PRODUCTS, RNN, Step

OTHER_STEPS = {
    "sru": Step("xt, f, r = F.linear(x, self.W).chunk(3, 1)\nf, r = torch.sigmoid(f + self.v * c + self.b), "
                "torch.sigmoid(r + self.u * c + self.rb)\nc = f * c + (1.0 - f) * xt\n"
                "h = r * torch.tanh(c) + (1.0 - r) * xt\n",
                {"W": "3H I", "v": "H", "u": "H", "b": "H", "rb": "H"}),
    "sru_without_peepholes": Step("xt, f, r = F.linear(x, self.W, self.b).chunk(3, 1)\nf, r = torch.sigmoid(f), "
                                  "torch.sigmoid(r)\nc = f * c + (1.0 - f) * xt\nh = r * torch.tanh(c)\n",
                                  {"W": "3H I", "b": "3H"}),
    "qrnn": Step("z, f, o = F.linear(x, self.W, self.b).chunk(3, 1)\nz, f, o = torch.tanh(z), torch.sigmoid(f), "
                 "torch.sigmoid(o)\nc = f * c + (1.0 - f) * z\nh = o * c\n", {"W": "3H I", "b": "3H"}),
    "qrnn_with_input_gate": Step("z, f, o, i = F.linear(x, self.W, self.b).chunk(4, 1)\nz, f, o, i = torch.tanh(z), "
                                 "torch.sigmoid(f), torch.sigmoid(o), torch.sigmoid(i)\nc = f * c + i * z\n"
                                 "h = o * torch.tanh(c)\n", {"W": "4H I", "b": "4H"}),
    "min_gru": Step("z, n = F.linear(x, self.W, self.b).chunk(2, 1)\nz = torch.sigmoid(z)\n"
                    "h = (1.0 - z) * h + z * n\n", {"W": "2H I", "b": "2H"}),
    "min_gru_with_tanh": Step("z, n = F.linear(x, self.W, self.b).chunk(2, 1)\nz = torch.sigmoid(z)\n"
                              "h = z * h + (1.0 - z) * torch.tanh(n)\n", {"W": "2H I", "b": "2H"}),
    "min_lstm": Step("f, i, n = F.linear(x, self.W, self.b).chunk(3, 1)\nf, i = torch.sigmoid(f), torch.sigmoid(i)\n"
                     "h = f / (f + i) * h + i / (f + i) * n\n", {"W": "3H I", "b": "3H"}),
    "minimal_gated_unit": Step("f = torch.sigmoid(F.linear(x, self.W, self.b) + F.linear(h, self.R))\n"
                               "n = torch.tanh(F.linear(x, self.V) + F.linear(f * h, self.U))\n"
                               "h = (1.0 - f) * h + f * n\n",
                               {**RNN, "V": "H I", "U": "H H"}, nodes="GRU"),
    "gru_reset_of_input": Step(GRU_GATES + "n = torch.tanh(r * xn + hn)\n" + BLEND, GRU),
    "gru_reset_of_sum": Step(GRU_GATES + "n = torch.tanh(r * (xn + hn))\n" + BLEND, GRU),
    "gru_reset_twice": Step(GRU_GATES + "n = torch.tanh(xn + r * r * hn)\n" + BLEND, GRU),
    "gru_reset_behind_activation": Step(GRU_GATES + "n = r * torch.tanh(xn + hn)\n" + BLEND, GRU),
    "gru_reset_bias_outside": Step("px, ph = F.linear(x, self.W, self.b), F.linear(h, self.R)\n"
                                   "xr, xz, xn = px.chunk(3, 1)\nhr, hz, hn = ph.chunk(3, 1)\n"
                                   "r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)\n"
                                   "n = torch.tanh(xn + r * hn + self.v)\n" + BLEND,
                                   {"W": "3H I", "R": "3H H", "b": "3H", "v": "H"}, nodes="GRU"),
    "gru_reset_before_with_bias_inside": Step(
        GRU_GATES + "n = torch.tanh(xn + F.linear(r * (h + self.v), self.U))\n" + BLEND,
        {**GRU, "v": "H", "U": "H H"}),
    "gru_reset_before_and_after": Step(GRU_GATES + "n = torch.tanh(xn + r * F.linear(r * h, self.U))\n" + BLEND,
                                       {**GRU, "U": "H H"}),
    "gru_swapped_gates": Step(GRU_GATES + "n = torch.tanh(xn + z * hn)\nh = (1.0 - r) * n + r * h\n", GRU,
                              nodes="GRU"),
    "gru_one_gate_for_both": Step(GRU_GATES + "n = torch.tanh(xn + z * hn)\n" + BLEND, GRU, nodes="GRU"),
    "gru_update_hard": Step(PRODUCTS + "r, z = torch.sigmoid(xr + hr), F.hardsigmoid(xz + hz)\n"
                            "n = torch.tanh(xn + r * hn)\n" + BLEND, GRU),
    "gru_reset_tanh": Step(PRODUCTS + "r, z = torch.tanh(xr + hr), torch.sigmoid(xz + hz)\n"
                           "n = torch.tanh(xn + r * hn)\n" + BLEND, GRU),
    "gru_no_complement": Step(GRU_GATES + "n = torch.tanh(xn + r * hn)\nh = r * n + z * h\n", GRU),
    "gru_half_complement": Step(GRU_GATES + "n = torch.tanh(xn + r * hn)\nh = (0.999 - z) * n + z * h\n", GRU),
    "gru_blend_of_old_sum": Step(GRU_GATES + "n = torch.tanh(xn + r * hn)\nh = (1.0 - z) * n + z * hn\n", GRU),
    "gru_no_reset": Step("px, ph = F.linear(x, self.W, self.b), F.linear(h, self.R)\nxz, xn = px.chunk(2, 1)\n"
                         "hz, hn = ph.chunk(2, 1)\nz = torch.sigmoid(xz + hz)\nn = torch.tanh(xn + hn)\n" + BLEND,
                         {"W": "2H I", "R": "2H H", "b": "2H"}),
    "gru_layer_norm": Step("px = F.layer_norm(F.linear(x, self.W), [18], self.b)\nph = F.layer_norm("
                           "F.linear(h, self.R), [18], self.rb)\nxr, xz, xn = px.chunk(3, 1)\n"
                           "hr, hz, hn = ph.chunk(3, 1)\nr, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)\n"
                           "n = torch.tanh(xn + r * hn)\n" + BLEND, GRU),
    "gru_zoneout": Step("old = h\n" + GRU_GATES + "n = torch.tanh(xn + r * hn)\n" + BLEND
                        + "h = 0.15 * old + 0.85 * h\n", GRU),
    "gru_dropout_of_candidate": Step(GRU_GATES + "n = torch.tanh(xn + r * hn) * drop\n" + BLEND, GRU,
                                     {"drop": "N H"}),
    "gru_dropout_of_state": Step("old, h = h, h * drop\n" + GRU_GATES + "n = torch.tanh(xn + r * hn)\n"
                                 "h = (1.0 - z) * n + z * old\n", GRU, {"drop": "N H"}),
    "gru_state_clipped": Step(GRU_GATES + "n = F.relu(xn + r * hn)\nh = torch.clamp((1.0 - z) * n + z * h, max=50.0)\n",
                              GRU),
    "gru_candidate_clipped_far_out": Step(GRU_GATES + "n = torch.tanh(torch.clamp(xn + r * hn, -9.0, 9.0))\n" + BLEND,
                                          GRU),
    "gru_reset_clipped": Step(GRU_GATES + "n = F.relu(xn + torch.clamp(r * hn, -6.0, 6.0))\n" + BLEND, GRU),
    "gru_mask_with_holes": Step("old = h\n" + GRU_GATES + "n = torch.tanh(xn + r * hn)\n" + BLEND
                                + "h = torch.where((keep > 0)[:, t].unsqueeze(1), h, old)\n", GRU, {"keep": "N T"}),
    "gru_mask_of_floats": Step("old = h\n" + GRU_GATES + "n = torch.tanh(xn + r * hn)\n" + BLEND
                               + "m = keep[:, t].unsqueeze(1)\nh = m * h + (1.0 - m) * old\n", GRU, {"keep": "N T"}),
    "gru_attention_weight": Step(GRU_GATES + "n = torch.tanh(xn + r * hn)\na = keep[:, t].unsqueeze(1)\n"
                                 "h = (1.0 - a * z) * h + a * z * n\n", GRU, {"keep": "N T"}),
    "rnn_leaky": Step(NEW_RNN + "h = 0.7 * h + 0.3 * new\n", RNN),
    "rnn_residual": Step(NEW_RNN + "h = h + new\n", RNN),
    "rnn_normalized": Step(NEW_RNN + "h = new / (new.norm(dim=1, keepdim=True) + 1e-6)\n", RNN),
    "rnn_per_unit": Step("h = F.relu(F.linear(x, self.W, self.b) + self.v * h)\n", {"W": "H I", "b": "H", "v": "H"}),
    "rnn_of_two_activations": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\n"
                                   "h = torch.cat([torch.tanh(s[:, :2]), F.relu(s[:, 2:])], 1)\n", RNN),
    "rnn_clipped_relu": Step("h = torch.clamp(F.linear(x, self.W, self.b) + F.linear(h, self.R), 0.0, 20.0)\n", RNN),
    "rnn_far_out": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\n"
                        "h = torch.where(s.abs() > 40.0, -torch.tanh(s), torch.tanh(s))\n", RNN),
    "rnn_of_squares": Step("h = torch.tanh(F.linear(x, self.W, self.b) + F.linear(h * h, self.R))\n", RNN),
    "rnn_second_order": Step("h = torch.tanh(F.linear(x, self.W, self.b) * F.linear(h, self.R))\n", RNN),
    "rnn_gated_by_input": Step("h = torch.sigmoid(F.linear(x, self.V)) * torch.tanh(F.linear(x, self.W, self.b) "
                               "+ F.linear(h, self.R))\n", {**RNN, "V": "H I"}),
    "rnn_mask_with_holes": Step(NEW_RNN + "h = torch.where((keep > 0)[:, t].unsqueeze(1), new, h)\n", RNN,
                                {"keep": "N T"}),
    "highway": Step("g = torch.sigmoid(F.linear(x, self.V) + F.linear(h, self.U))\n" + NEW_RNN
                    + "h = g * new + (1.0 - g) * h\n", {**RNN, "V": "H I", "U": "H H"}),
    "fast_grnn": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\nz = torch.sigmoid(s)\n"
                      "h = (0.9 * (1.0 - z) + 0.1) * torch.tanh(s) + z * h\n", RNN),
    "coupled_without_output_gate": Step("s = F.linear(x, self.W, self.b) + F.linear(h, self.R)\n"
                                        "f, g = s.chunk(2, 1)\nf, g = torch.sigmoid(f), torch.tanh(g)\n"
                                        "c = f * c + (1.0 - f) * g\nh = c\n",
                                        {"W": "2H I", "R": "2H H", "b": "2H"}),
}
