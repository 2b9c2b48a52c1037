"""Products of rows with the weights of several gates, as people write them in PyTorch, and how the
gates are taken out of them. All of it is source text."""

import dataclasses

import numpy as np


class Source:
    """Lines of a method under construction, and the parameters that it reads.

    With `stacks`, parameters of one name in several layers are one tensor with a leading axis."""

    def __init__(self, stacks=False):
        self.lines, self.parameters, self.stacks = [], {}, stacks
        self._stacked, self._count, self._indent = {}, 0, 2

    def add(self, line):
        """Adds a line."""
        self.lines.append("    " * self._indent + line)

    def indent(self, by):
        """Moves the lines that follow by so many levels."""
        self._indent += by

    def fresh(self, name):
        """A name that no other variable has."""
        self._count += 1
        return f"{name}_{self._count}"

    def let(self, name, expression):
        """A line that gives an expression a name; returns the name."""
        name = self.fresh(name)
        self.add(f"{name} = {expression}")
        return name

    def parameter(self, name, layer, array):
        """The text that reads the parameter `name` of a layer."""
        if not self.stacks:
            self.parameters[f"{name}_{layer}"] = np.float32(array)
            return f"self.{name}_{layer}"
        entries = self._stacked.setdefault(name, {})
        entries[layer] = np.float32(array)
        self.parameters[f"{name}_all"] = np.stack(list(entries.values()))
        return f"self.{name}_all[{list(entries).index(layer)}]"


def columns(w):
    """[G*H,...] of [G,H,...]: gate behind gate."""
    return w.reshape(-1, *w.shape[2:])


def interleaved(w):
    """[H*G,...] of [G,H,...]: unit behind unit."""
    return columns(w.swapaxes(0, 1))


@dataclasses.dataclass
class Product:
    """rows {x} times weights {w}. `store` and `store_bias` lay out [G,H,K] and [G,H]. `form` says where
    the gates are in the result: columns [N,G*H], interleaved [N,H*G], planes [G,N,H], middle [N,G,H],
    last [N,H,G]. `with_bias` is the text where a bias {b} is taken in at once; otherwise it is added.
    `any_rank`: rows may have more axes in front."""

    form: str
    store: callable
    store_bias: callable
    text: str
    with_bias: str = None
    any_rank: bool = False


def _of_rows(store, form="columns", store_bias=columns, suffix=""):
    """The products that know nothing of gates."""
    def stored(then=lambda w: w):
        return lambda w: then(store(w))

    def make(then, text, with_bias=None, any_rank=False):
        return Product(form, stored(then), store_bias, text, with_bias, any_rank)

    def as_is(w):
        return w

    return {name + suffix: product for name, product in {
        "linear": make(as_is, "F.linear({x}, {w})", "F.linear({x}, {w}, {b})", True),
        "matmul": make(np.transpose, "torch.matmul({x}, {w})", None, True),
        "at": make(np.transpose, "{x} @ {w}", None, True),
        "at_transposed": make(as_is, "{x} @ {w}.t()", None, True),
        "mm": make(np.transpose, "torch.mm({x}, {w})"),
        "addmm": make(np.transpose, "{x}.mm({w})", "torch.addmm({b}, {x}, {w})"),
        "addmm_transposed": make(as_is, "{x}.mm({w}.t())", "torch.addmm({b}, {x}, {w}.t())"),
        "einsum_no": make(as_is, "torch.einsum('ni,oi->no', [{x}, {w}])"),
        "einsum_io": make(np.transpose, "torch.einsum('ni,io->no', [{x}, {w}])"),
        "columns": make(as_is, "({w} @ {x}.t()).t()"),
        "vectors": make(as_is, "torch.matmul({w}, {x}.unsqueeze(2)).squeeze(2)"),
        "convolution": make(lambda w: w[:, :, None], "F.conv1d({x}.unsqueeze(2), {w}).squeeze(2)",
                            "F.conv1d({x}.unsqueeze(2), {w}, {b}).squeeze(2)"),
    }.items()}


ROW_PRODUCTS = _of_rows(columns)

PRODUCTS = {
    **ROW_PRODUCTS,
    **{f"{name}_interleaved": product for name, product in
       _of_rows(interleaved, "interleaved", interleaved).items()
       if name in ("linear", "matmul", "addmm", "einsum_no")},
    "planes": Product("planes", lambda w: w.swapaxes(1, 2), lambda b: b[:, None],
                      "torch.matmul({x}, {w})"),
    "bmm": Product("planes", lambda w: w.swapaxes(1, 2), lambda b: b[:, None],
                   "torch.bmm({x}.expand({G}, -1, -1), {w})"),
    "baddbmm": Product("planes", lambda w: w.swapaxes(1, 2), lambda b: b[:, None],
                       "torch.bmm({x}.unsqueeze(0).repeat({G}, 1, 1), {w})",
                       "torch.baddbmm({b}, {x}.unsqueeze(0).repeat({G}, 1, 1), {w})"),
    "einsum_ghi_planes": Product("planes", lambda w: w, lambda b: b[:, None],
                                 "torch.einsum('ni,ghi->gnh', [{x}, {w}])"),
    "einsum_gih_planes": Product("planes", lambda w: w.swapaxes(1, 2), lambda b: b[:, None],
                                 "torch.einsum('bi,gih->gbh', [{x}, {w}])"),
    "einsum_ghi": Product("middle", lambda w: w, lambda b: b,
                          "torch.einsum('ni,ghi->ngh', [{x}, {w}])"),
    "einsum_igh": Product("middle", lambda w: w.transpose(2, 0, 1), lambda b: b,
                          "torch.einsum('ni,igh->ngh', [{x}, {w}])"),
    "matmul_igh": Product("middle", lambda w: w.transpose(2, 0, 1), lambda b: b,
                          "({x} @ {w}.reshape({w}.size(0), -1)).view(-1, {G}, {H})"),
    "linear_middle": Product("middle", columns, columns, "F.linear({x}, {w}).view(-1, {G}, {H})",
                             "F.linear({x}, {w}, {b}).view(-1, {G}, {H})"),
    "einsum_hgi": Product("last", lambda w: w.swapaxes(0, 1), lambda b: b.T,
                          "torch.einsum('ni,hgi->nhg', [{x}, {w}])"),
    "linear_last": Product("last", interleaved, interleaved, "F.linear({x}, {w}).view(-1, {H}, {G})",
                           "F.linear({x}, {w}, {b}).view(-1, {H}, {G})"),
}
# Where a bias of its own is added to a product whose text gives it a view.
VIEWED_BIAS = {"linear_middle": "{b}.view({G}, {H})", "linear_last": "{b}.view({H}, {G})"}

# How the gates are taken out, by form: one text for all gates, or one with the gate's number {k}, its
# first column {a} and the one behind its last {e}.
SPLITS = {
    "columns": {
        "chunk": ("all", "{v}.chunk({G}, -1)"),
        "split": ("all", "torch.split({v}, {H}, -1)"),
        "slice": ("each", "{v}[..., {a}:{e}]"),
        "narrow": ("each", "{v}.narrow(-1, {a}, {H})"),
        "index_select": ("each", "{v}.index_select(-1, torch.arange({a}, {e}))"),
        "view_unbind": ("all", "{v}.view(-1, {G}, {H}).unbind(1)"),
        "view_select": ("each", "{v}.view(-1, {G}, {H})[:, {k}]"),
        "reshape_planes": ("each", "{v}.reshape(-1, {G}, {H}).transpose(0, 1)[{k}]"),
        "gathered": ("each", "{v}[:, torch.arange({a}, {e})]"),
    },
    "interleaved": {
        "strided": ("each", "{v}[:, {k}::{G}]"),
        "view_unbind": ("all", "{v}.view(-1, {H}, {G}).unbind(-1)"),
        "view_select": ("each", "{v}.reshape(-1, {H}, {G})[..., {k}]"),
        "index_select": ("each", "{v}.index_select(1, torch.arange({k}, {H} * {G}, {G}))"),
    },
    "planes": {
        "unbind": ("all", "{v}.unbind(0)"),
        "index": ("each", "{v}[{k}]"),
        "select": ("each", "{v}.select(0, {k})"),
        "slice": ("each", "{v}[{k}:{k} + 1].squeeze(0)"),
        "index_select": ("each", "{v}.index_select(0, torch.tensor([{k}])).squeeze(0)"),
        "columns": ("each", "{v}.permute(1, 0, 2).reshape(-1, {G} * {H})[:, {a}:{e}]"),
    },
    "middle": {
        "unbind": ("all", "{v}.unbind(1)"),
        "index": ("each", "{v}[:, {k}]"),
        "select": ("each", "{v}.select(1, {k})"),
        "permute": ("each", "{v}.permute(1, 0, 2)[{k}]"),
        "flat": ("each", "{v}.flatten(1)[:, {a}:{e}]"),
    },
    "last": {
        "unbind": ("all", "{v}.unbind(-1)"),
        "index": ("each", "{v}[..., {k}]"),
        "permute": ("each", "{v}.permute(2, 0, 1)[{k}]"),
        "narrow": ("each", "{v}.narrow(2, {k}, 1).squeeze(2)"),
    },
}


def multiply(source, name, operand, weights, bias, label, layer):
    """A line with the product of `operand` with weights [G,H,K] and, unless it is None, its bias [G,H];
    returns the name of the result."""
    product = PRODUCTS[name]
    sizes = {"G": weights.shape[0], "H": weights.shape[1]}
    w = source.parameter(label, layer, product.store(weights))
    if bias is None:
        return source.let("p", product.text.format(x=operand, w=w, **sizes))
    b = source.parameter(f"{label}_bias", layer, product.store_bias(bias))
    if product.with_bias is not None:
        return source.let("p", product.with_bias.format(x=operand, w=w, b=b, **sizes))
    b = VIEWED_BIAS.get(name, "{b}").format(b=b, **sizes)
    return source.let("p", f"{product.text.format(x=operand, w=w, **sizes)} + {b}")


def take_gates(source, form, split, value, gates, hidden):
    """Lines that take the gates out of a product of this form; returns their names by letter. `split` is
    a number that chooses the way."""
    if len(gates) == 1 and form in ("columns", "interleaved"):
        return {gates: value}
    ways = [way for way in SPLITS[form].values() if len(gates) > 1 or way[0] == "each"]
    how, text = ways[split % len(ways)]
    sizes = {"v": value, "G": len(gates), "H": hidden}
    if how == "all":
        names = [source.fresh(gate) for gate in gates]
        source.add(f"{', '.join(names)} = {text.format(**sizes)}")
        return dict(zip(gates, names))
    return {gate: source.let(gate, text.format(k=k, a=k * hidden, e=(k + 1) * hidden, **sizes))
            for k, gate in enumerate(gates)}
