"""Modules of PyTorch as tutorials, books and libraries write them. Each is the text of a class with what it is
made of: parameters by extents (H, I, N, T of look_alikes.EXTENTS; E words of an embedding), further inputs, and
the recurrent nodes that it was written as."""

import dataclasses


@dataclasses.dataclass
class Idiom:
    """`made` are lines of the constructor, `forward` the lines of the method; x is [N,T,I] or what `x` says."""

    forward: str
    nodes: list
    parameters: dict = dataclasses.field(default_factory=dict)
    made: str = ""
    inputs: dict = dataclasses.field(default_factory=dict)
    x: str = "N T I"
    scripted: bool = True
    also: list = None


LSTM, GRU, RNN = ["LSTM forward"], ["GRU forward"], ["RNN forward"]
ZEROS = "h, c = x.new_zeros([x.size(0), 6]), x.new_zeros([x.size(0), 6])\n"
ONE = "h = x.new_zeros([x.size(0), 6])\n"
LIST = "outs: List[torch.Tensor] = []\n"
STACK = "return torch.stack(outs, 1)\n"
PACKED = {"W": "I 4H", "U": "H 4H", "b": "4H"}


def loop(body, steps="x.size(1)"):
    return f"for t in range({steps}):\n" + "".join(f"    {line}\n" for line in body.splitlines())


BLOG_LSTM = """g = x[:, t] @ self.W + h @ self.U + self.b
i, f, n, o = (torch.sigmoid(g[:, :6]), torch.sigmoid(g[:, 6:12]), torch.tanh(g[:, 12:18]), torch.sigmoid(g[:, 18:]))
c = f * c + i * n
h = o * torch.tanh(c)
outs.append(h)"""
BOOK_LSTM = """v = x[:, t]
i = torch.sigmoid((v @ self.Wi) + (h @ self.Ui) + self.bi)
f = torch.sigmoid((v @ self.Wf) + (h @ self.Uf) + self.bf)
o = torch.sigmoid((v @ self.Wo) + (h @ self.Uo) + self.bo)
n = torch.tanh((v @ self.Wn) + (h @ self.Un) + self.bn)
c = f * c + i * n
h = o * torch.tanh(c)
outs.append(h)"""
BOOK_PARAMETERS = {f"{kind}{gate}": shape for gate in "ifon" for kind, shape in
                   (("W", "I H"), ("U", "H H"), ("b", "H"))}
BOOK_GRU = """v = x[:, t]
z = torch.sigmoid((v @ self.Wi) + (h @ self.Ui) + self.bi)
r = torch.sigmoid((v @ self.Wf) + (h @ self.Uf) + self.bf)
n = torch.tanh((v @ self.Wn) + ((r * h) @ self.Un) + self.bn)
h = z * h + (1.0 - z) * n
outs.append(h)"""
LIBRARY_LSTM = """gates = torch.mm(steps[t], self.W.t()) + self.b + torch.mm(h, self.R.t()) + self.rb
i, f, g, o = gates.chunk(4, 1)
i = torch.sigmoid(i)
f = torch.sigmoid(f)
g = torch.tanh(g)
o = torch.sigmoid(o)
c = (f * c) + (i * g)
h = o * torch.tanh(c)
outs += [h]"""
LIBRARY_PARAMETERS = {"W": "4H I", "R": "4H H", "b": "4H", "rb": "4H"}
COLUMN_LSTM = """s = self.W @ x[:, t].t() + self.R @ h + self.b
i, f, g, o = s.chunk(4, 0)
c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
h = torch.sigmoid(o) * torch.tanh(c)
outs.append(h)"""
COLUMN_GRU = """px, ph = self.W @ x[:, t].t() + self.b, self.R @ h + self.rb
xr, xz, xn = px.chunk(3, 0)
hr, hz, hn = ph.chunk(3, 0)
r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)
h = (1.0 - z) * torch.tanh(xn + r * hn) + z * h
outs.append(h)"""
KEPT_AXIS_LSTM = """s = F.linear(x[:, t:t + 1], self.W, self.b) + F.linear(h, self.R)
i, f, g, o = s.chunk(4, -1)
c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
h = torch.sigmoid(o) * torch.tanh(c)
outs.append(h)"""
KEPT_AXIS_GRU = """px, ph = F.linear(x[:, t:t + 1], self.W, self.b), F.linear(h, self.R, self.rb)
r, z = torch.sigmoid(px[:, :, :12] + ph[:, :, :12]).chunk(2, -1)
n = torch.tanh(px[:, :, 12:] + r * ph[:, :, 12:])
h = n + z * (h - n)
outs.append(h)"""
VECTOR_LSTM = """s = self.W @ x[t] + self.R @ h + self.b
i, f, g, o = torch.sigmoid(s[:6]), torch.sigmoid(s[6:12]), torch.tanh(s[12:18]), torch.sigmoid(s[18:])
c = f * c + i * g
h = o * torch.tanh(c)
outs.append(h)"""
CHANNELS_LSTM = """s = F.conv1d(x[:, :, t:t + 1], self.W.unsqueeze(2), self.b) + F.conv1d(h, self.R.unsqueeze(2))
i, f, g, o = s.chunk(4, 1)
c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
h = torch.sigmoid(o) * torch.tanh(c)
outs.append(h)"""
STACKED_LSTM = """v = x[:, t]
s = torch.stack([F.linear(v, self.W[k], self.b[k]) + F.linear(h, self.R[k]) for k in range(4)])
i, f, o = torch.sigmoid(s[:3]).unbind(0)
c = f * c + i * torch.tanh(s[3])
h = o * torch.tanh(c)
outs.append(h)"""
CAT_LSTM = """v = torch.cat([x[:, t], h], 1)
s = torch.cat([self.i(v), self.f(v), self.o(v)], 1)
i, f, o = torch.sigmoid(s).split(6, 1)
c = f * c + i * torch.tanh(self.g(v))
h = o * torch.tanh(c)
outs.append(h)"""
FLAT = {"W": "4 H I", "R": "4 H H", "b": "4 H"}
EINSUM_ALL = """s = torch.einsum('gha,na->gnh', [self.K, torch.cat([x[:, t], h], 1)]) + self.b
i, f, o = torch.sigmoid(s[0]), torch.sigmoid(s[1]), torch.sigmoid(s[2])
c = f * c + i * torch.tanh(s[3])
h = o * torch.tanh(c)
outs.append(h)"""
WITHOUT_FIRST_STATE = """s = F.linear(x[:, t], self.W, self.b)
if t > 0:
    s = s + F.linear(h, self.R)
i, f, g, o = s.chunk(4, 1)
c = torch.sigmoid(i) * torch.tanh(g) if t == 0 else torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
h = torch.sigmoid(o) * torch.tanh(c)
outs.append(h)"""
NO_OPERATIONS = """s = F.linear(x[:, t].contiguous(), self.W, self.b) + F.linear(h.clone(), self.R) * 1.0
i, f, g, o = [part.contiguous() for part in s.view(-1, 24).unsqueeze(0).squeeze(0).chunk(4, 1)]
c = (torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)) + 0.0
h = F.dropout(torch.sigmoid(o) * torch.tanh(c), 0.5, self.training).transpose(0, 1).transpose(0, 1)
outs.append(h)"""

IDIOMS = {
    "blog_lstm": Idiom(ZEROS + LIST + loop(BLOG_LSTM) + STACK, LSTM, PACKED),
    "book_lstm": Idiom(ZEROS + LIST + loop(BOOK_LSTM) + "return torch.cat(outs, 0)\n", LSTM, BOOK_PARAMETERS),
    "book_gru": Idiom(ONE + LIST + loop(BOOK_GRU) + STACK, GRU, BOOK_PARAMETERS),
    "book_rnn": Idiom(ONE + LIST + loop("h = torch.tanh(x[:, t] @ self.Wi + h @ self.Ui + self.bi)\n"
                                        "outs.append(h @ self.Wq + self.bq)") + STACK, RNN,
                      {"Wi": "I H", "Ui": "H H", "bi": "H", "Wq": "H I", "bq": "I"}),
    "library_lstm": Idiom("steps = x.unbind(1)\n" + ZEROS + LIST + loop(LIBRARY_LSTM, "len(steps)") + STACK, LSTM,
                          LIBRARY_PARAMETERS),
    "library_lstm_given_states": Idiom("steps = x.unbind(1)\nh, c = h0, c0\n" + LIST + loop(LIBRARY_LSTM, "len(steps)")
                                       + "return torch.stack(outs, 1), h, c\n", LSTM, LIBRARY_PARAMETERS,
                                       inputs={"h0": "N H", "c0": "N H"}),
    "tutorial_rnn": Idiom(ONE + loop("v = torch.cat([x[:, t], h], 1)\nh = torch.tanh(self.i2h(v))")
                          + "return F.linear(h, self.V)\n", RNN, {"V": "2 H"}, "self.i2h = torch.nn.Linear(10, 6)\n"),
    "columns_of_states_lstm": Idiom("h, c = x.new_zeros([6, x.size(0)]), x.new_zeros([6, x.size(0)])\n" + LIST
                                    + loop(COLUMN_LSTM) + "return torch.stack(outs, 2)\n", LSTM,
                                    {"W": "4H I", "R": "4H H", "b": "4H 1"}),
    "columns_of_states_gru": Idiom("h = x.new_zeros([6, x.size(0)])\n" + LIST + loop(COLUMN_GRU)
                                   + "return torch.stack(outs)\n", GRU,
                                   {"W": "3H I", "R": "3H H", "b": "3H 1", "rb": "3H 1"}),
    "columns_of_states_rnn": Idiom("h = x.new_zeros([6, x.size(0)])\n" + LIST + loop(
        "h = torch.tanh(self.W @ x[:, t].t() + self.R @ h + self.b)\nouts.append(h.t())") + STACK, RNN,
        {"W": "H I", "R": "H H", "b": "H 1"}),
    "kept_axis_lstm": Idiom("h, c = x.new_zeros([x.size(0), 1, 6]), x.new_zeros([x.size(0), 1, 6])\n" + LIST
                            + loop(KEPT_AXIS_LSTM) + "return torch.cat(outs, 1)\n", LSTM,
                            {"W": "4H I", "R": "4H H", "b": "4H"}),
    "kept_axis_gru": Idiom("h = x.new_zeros([x.size(0), 1, 6])\n" + LIST + loop(KEPT_AXIS_GRU)
                           + "return torch.cat(outs, 1)\n", GRU, {"W": "3H I", "R": "3H H", "b": "3H", "rb": "3H"}),
    "vectors_lstm": Idiom("h, c = x.new_zeros([6]), x.new_zeros([6])\n" + LIST + loop(VECTOR_LSTM, "x.size(0)")
                          + "return torch.stack(outs)\n", LSTM, {"W": "4H I", "R": "4H H", "b": "4H"}, x="T I"),
    "vectors_rnn": Idiom("h = x.new_zeros([6])\n" + LIST + loop("h = torch.tanh(self.W.mv(x[t]) + self.R.mv(h) + self.b)\n"
                                                               "outs.append(h)", "x.size(0)")
                         + "return torch.stack(outs)\n", RNN, {"W": "H I", "R": "H H", "b": "H"}, x="T I"),
    "channels_lstm": Idiom("h, c = x.new_zeros([x.size(0), 6, 1]), x.new_zeros([x.size(0), 6, 1])\n" + LIST
                           + loop(CHANNELS_LSTM, "x.size(2)") + "return torch.cat(outs, 2)\n", LSTM,
                           {"W": "4H I", "R": "4H H", "b": "4H"}, x="N I T"),
    "stacked_gates_lstm": Idiom(ZEROS + LIST + loop(STACKED_LSTM) + STACK, LSTM, FLAT, scripted=False),
    "joined_gates_lstm": Idiom(ZEROS + LIST + loop(CAT_LSTM) + STACK, LSTM, {},
                               "".join(f"self.{gate} = torch.nn.Linear(10, 6)\n" for gate in "ifgo")),
    "einsum_of_both_lstm": Idiom(ZEROS + LIST + loop(EINSUM_ALL) + STACK, LSTM, {"K": "4 H 10", "b": "4 1 H"}),
    "without_first_state_lstm": Idiom(LIST + ZEROS + loop(WITHOUT_FIRST_STATE) + STACK, LSTM,
                                      {"W": "4H I", "R": "4H H", "b": "4H"}, scripted=False),
    "without_first_state_gru": Idiom(
        LIST + ONE + loop("px = F.linear(x[:, t], self.W, self.b)\nif t == 0:\n    r, z = torch.sigmoid(px[:, :12] + "
                          "self.rb[:12]).chunk(2, 1)\n    h = (1.0 - z) * torch.tanh(px[:, 12:] + r * self.rb[12:])\nelse:\n"
                          "    ph = F.linear(h, self.R, self.rb)\n    r, z = torch.sigmoid(px[:, :12] + ph[:, :12]).chunk(2, 1)"
                          "\n    h = (1.0 - z) * torch.tanh(px[:, 12:] + r * ph[:, 12:]) + z * h\nouts.append(h)") + STACK,
        GRU, {"W": "3H I", "R": "3H H", "b": "3H", "rb": "3H"}, scripted=False),
    "without_first_state_rnn": Idiom(
        LIST + ONE + loop("s = F.linear(x[:, t], self.W, self.b)\nh = torch.tanh(s if t == 0 else s + F.linear(h, self.R))\n"
                          "outs.append(h)") + STACK, RNN, {"W": "H I", "R": "H H", "b": "H"}, scripted=False),
    "no_operations_lstm": Idiom(ZEROS + LIST + loop(NO_OPERATIONS) + STACK, LSTM,
                                {"W": "4H I", "R": "4H H", "b": "4H"}, scripted=False),
    "at_lengths_lstm": Idiom(ZEROS + LIST + loop(BLOG_LSTM) + "y = torch.stack(outs, 1)\n"
                             "return y.gather(1, (keep.long() - 1).view(-1, 1, 1).expand(-1, 1, 6)).squeeze(1)\n", LSTM,
                             PACKED, inputs={"keep": "N"}),
    "mean_over_time_lstm": Idiom(ZEROS + LIST + loop(BLOG_LSTM) + "return torch.stack(outs, 1).mean(1)\n", LSTM, PACKED),
    "sum_of_states_lstm": Idiom(ZEROS + "y = torch.zeros_like(h)\nouts: List[torch.Tensor] = []\n" + loop(
        BLOG_LSTM + "\ny = y + h") + "return y\n", LSTM, PACKED, scripted=False),
    "cells_wanted_lstm": Idiom(ZEROS + LIST + loop(BLOG_LSTM.replace("outs.append(h)", "outs.append(c)")) + STACK, None,
                               PACKED),
    "computed_first_state_lstm": Idiom("h, c = F.linear(x.mean(1), self.V), F.linear(x.mean(1), self.U0)\n" + LIST
                                       + loop(BLOG_LSTM) + STACK, LSTM, {**PACKED, "V": "H I", "U0": "H I"}),
    "encoder_and_decoder_lstm": Idiom(
        ZEROS + "for t in range(x.size(1)):\n    s = F.linear(x[:, t], self.W, self.b) + F.linear(h, self.R)\n"
        "    i, f, g, o = s.chunk(4, 1)\n    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)\n"
        "    h = torch.sigmoid(o) * torch.tanh(c)\n" + LIST + "for t in range(z.size(1)):\n"
        "    s = F.linear(z[:, t], self.W2, self.b2) + F.linear(h, self.R2)\n    i, f, g, o = s.chunk(4, 1)\n"
        "    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)\n    h = torch.sigmoid(o) * torch.tanh(c)\n"
        "    outs.append(h)\n" + STACK, LSTM * 2,
        {"W": "4H I", "R": "4H H", "b": "4H", "W2": "4H I", "R2": "4H H", "b2": "4H"}, inputs={"z": "N T I"}),
    "h_and_c_together_lstm": Idiom("s = x.new_zeros([x.size(0), 12])\n" + LIST + loop(
        "h, c = s[:, :6], s[:, 6:]\n" + BLOG_LSTM + "\ns = torch.cat([h, c], 1)") + STACK, LSTM, PACKED),
}
