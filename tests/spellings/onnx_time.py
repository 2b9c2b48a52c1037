"""Steps over time as ONNX graphs: unrolled, by Loop and by Scan, in the forms that exporters give them."""

import numpy as np
from onnx import TensorProto

from onnx_cells import Cell
from onnx_writer import BOOL, FLOAT, INT32, INT64

MANY = 2 ** 31 - 1


class Run:
    """One layer in one direction over `xs`, of which the time axis is `axis` (0 or 1). `mask` is a value
    [T,N] of booleans, or None; `number` names the layer. `run` returns the outputs, with time at axis 0 or,
    where `batch_first_output` says so, 1, and the last states."""

    def __init__(self, w, choice, layer, number, sizes, reverse):
        self.w, self.choice, self.layer, self.number = w, choice, layer, number
        self.times, self.batch = sizes
        self.reverse = reverse
        self.has_cell = layer.kind == "LSTM"
        self.batch_first_output = False

    def run(self, xs, axis, states, lengths):
        """`states` are h and, of an LSTM, c; `lengths` is a value [N] or None."""
        return getattr(self, f"_{self.choice['form']}")(xs, axis, states, lengths)

    def step(self, w, x, states, mask):
        """New states, held where the mask [N,1] is false."""
        cell = Cell(w, self.choice, self.layer, self.number)
        h, c = cell.step(x, states[0], states[1] if self.has_cell else None)
        new = [h, c][:len(states)]
        if mask is None:
            return new
        return [w.add("Where", mask, after, before) for after, before in zip(new, states)]

    # -- Unrolled -------------------------------------------------------------------------------

    def _unrolled(self, xs, axis, states, lengths):
        w, order = self.w, range(self.times)
        parts = None
        if self.choice["read"] == "split":
            parts = w.split(xs, [1] * self.times, axis)
        rows = [None] * self.times
        for t in reversed(order) if self.reverse else order:
            if parts:
                x = w.squeeze(parts[t], axis)
            elif self.choice["read"] == "slice":
                x = w.squeeze(w.slice(xs, t, t + 1, axis), axis)
            else:
                x = w.add("Gather", xs, w.constant(t, np.int64), axis=axis)
            mask = None if lengths is None else w.unsqueeze(
                w.add("Less", w.constant(t, np.int64), lengths), 1)
            states = self.step(w, x, states, mask)
            rows[t] = states[0]
        out = int(self.choice["collect"] == "batch")
        self.batch_first_output = bool(out)
        return w.concat(out, *[w.unsqueeze(row, out) for row in rows]), states

    # -- Loop -----------------------------------------------------------------------------------

    def _loop(self, xs, axis, states, lengths):
        w, choice = self.w, self.choice
        extent = w.squeeze(w.extent(xs, axis), 0)
        if self.reverse and choice["backwards"] == "slice":
            xs = w.slice(xs, -1, -2 ** 63 + 1, axis, -1)
        body = w.body()
        body.input(body.fresh("i"), INT64, [])
        body.input(body.fresh("go"), BOOL, [])
        carried = self.carried_of_loop(w, states, extent)
        for name, (_, kind, shape) in carried.items():
            carried[name] = (carried[name][0], body.input(body.fresh(name), kind, shape), kind, shape)
        next_values, row = self.loop_body(body, xs, axis, extent, lengths, carried)
        go = self.condition_of_loop(body, next_values, extent)
        body.output(go, BOOL, [])
        for name in carried:
            body.deliver(next_values[name], body.fresh(f"{name}_next"), carried[name][2], carried[name][3])
        collects = choice["collect"]
        if collects == "scan":
            body.deliver(row, body.fresh("row"), FLOAT, None)
        most = {"extent": extent, "many": "", "none": ""}[choice["trip"]]
        if choice["trip"] == "many":
            most = w.constant(MANY, np.int64)
        start = w.constant(True, np.bool_) if choice["condition"] == "true" else \
            w.add("Less", w.constant(0, np.int64), extent)
        firsts = [first for first, *_ in carried.values()]
        if choice["weights_at"] == "carried":
            firsts += carry_weights(w, body, 1 + len(firsts))
        results = w.add_many("Loop", most, start, *firsts, outputs=len(firsts) + (collects == "scan"),
                             body=body.graph("body"))
        finals = dict(zip(carried, results))
        states = [finals[name] for name in ("h", "c")[:len(states)]]
        if collects == "last":
            return None, states
        y = results[-1] if collects == "scan" else finals["ys"]
        if self.reverse and (collects == "scan" or choice["backwards"] == "slice"):
            y = w.slice(y, -1, -2 ** 63 + 1, 0, -1)
        return y, states

    def carried_of_loop(self, w, states, extent):
        """What the loop carries, by name in the chosen order: first value, type, shape."""
        hidden = self.layer.hidden
        counter = INT32 if self.choice["counter"] == "int32" else INT64
        values = {"h": (states[0], FLOAT, [None, hidden])}
        if self.has_cell:
            values["c"] = (states[1], FLOAT, [None, hidden])
        if self.choice["counter"] != "iteration":
            first = w.constant(0, np.int32 if counter == INT32 else np.int64)
            values["t"] = (first, counter, [])
        if self.choice["collect"] in ("scatter", "grow"):
            rows = w.unsqueeze(extent, 0) if self.choice["collect"] == "scatter" else w.ints(0)
            shape = w.concat(0, rows, w.add("Shape", states[0]))
            values["ys"] = (w.add("ConstantOfShape", shape), FLOAT, [None, None, hidden])
        names = sorted(values, key=self.choice["carry_order"].index)
        return {name: values[name] for name in names}

    def loop_body(self, body, xs, axis, extent, lengths, carried):
        """The nodes of the body; returns the next values by name, and the row that is delivered."""
        choice = self.choice
        t = body.inputs[0].name
        next_values = {}
        if "t" in carried:
            t = carried["t"][1]
            kind = np.int32 if carried["t"][2] == INT32 else np.int64
            next_values["t"] = body.add("Add", t, body.constant(1, kind))
        if "t" in carried and carried["t"][2] == INT32 and choice["collect"] != "scan":
            t = body.add("Cast", t, to=INT64)
        place = t
        if self.reverse and choice["backwards"] == "index":
            counted = body.add("Cast", t, to=INT64) if t == carried.get("t", [None, None])[1] else t
            place = body.add("Sub", body.add("Sub", extent, body.constant(1, np.int64)), counted)
        x = self.row_of_loop(body, xs, axis, place, extent)
        states = [carried[name][1] for name in ("h", "c") if name in carried]
        mask = None
        if lengths is not None:
            long_place = body.add("Cast", place, to=INT64)
            if self.reverse and choice["backwards"] == "slice":
                long_place = body.add("Sub", body.add("Sub", extent, body.constant(1, np.int64)), long_place)
            mask = body.unsqueeze(body.add("Less", long_place, lengths), 1)
        new = self.step(body, x, states, mask)
        next_values.update(zip(("h", "c"), new))
        if "ys" in carried:
            next_values["ys"] = self.written(body, carried["ys"][1], place, new[0])
        return next_values, new[0]

    def row_of_loop(self, body, xs, axis, place, extent):
        """x of one step."""
        how = self.choice["read"]
        if how == "slice":
            start = body.unsqueeze(body.add("Cast", place, to=INT64), 0)
            end = body.add("Add", start, body.ints(1))
            return body.squeeze(body.add("Slice", xs, start, end, body.ints(axis)), axis)
        if how == "wrapped":  # An index of jnp, which may be negative.
            long = body.add("Cast", place, to=INT64)
            negative = body.add("Less", long, body.constant(0, np.int64))
            long = body.add("Where", negative, body.add("Add", long, extent), long)
            return body.add("Gather", xs, long, axis=axis)
        return body.add("Gather", xs, place, axis=axis)

    def written(self, body, ys, place, h):
        """The outputs so far with those of one step."""
        row = body.unsqueeze(h, 0)
        if self.choice["collect"] == "grow":
            return body.concat(0, row, ys) if self.reverse and self.choice["backwards"] == "index" else \
                body.concat(0, ys, row)
        return body.add("ScatterND", ys, body.reshape(body.add("Cast", place, to=INT64), 1, 1), row)

    def condition_of_loop(self, body, next_values, extent):
        """Whether there is another step."""
        how = self.choice["condition"]
        if how == "true":
            return body.add("Identity", body.inputs[1].name)
        count = next_values.get("t")
        if count is None:
            count = body.add("Add", body.inputs[0].name, body.constant(1, np.int64))
        below = body.add("Less", body.add("Cast", count, to=INT64), extent)
        if how == "less":
            return below
        counted = body.add("Add", body.inputs[0].name, body.constant(1, np.int64))
        return body.add("And", below, body.add("Less", counted, extent))

    # -- Scan -----------------------------------------------------------------------------------

    def _scan(self, xs, axis, states, lengths):
        w, choice = self.w, self.choice
        body = w.body()
        inner = [body.input(body.fresh(name), FLOAT, [None, self.layer.hidden])
                 for name in ("h", "c")[:len(states)]]
        x = body.input(body.fresh("x"), FLOAT, None)
        scanned, axes = [xs], [axis]
        mask = None
        if lengths is not None:
            extent = w.squeeze(w.extent(xs, axis), 0)
            steps = w.add("Range", w.constant(0, np.int64), extent, w.constant(1, np.int64))
            scanned.append(w.add("Less", w.unsqueeze(steps, 1), w.unsqueeze(lengths, 0)))
            axes.append(0)
            mask = body.unsqueeze(body.input(body.fresh("keep"), TensorProto.BOOL, None), 1)
        new = self.step(body, x, inner, mask)
        for name, value in zip(("h", "c"), new):
            body.deliver(value, body.fresh(f"{name}_next"), FLOAT, None)
        out = int(choice["collect"] == "batch")
        attributes = {"num_scan_inputs": len(scanned)}
        if choice["collect"] != "last":
            body.deliver(new[0], body.fresh("row"), FLOAT, None)
            if self.reverse:
                attributes["scan_output_directions"] = [1]
            if out:
                attributes["scan_output_axes"] = [1]
        if self.reverse:
            attributes["scan_input_directions"] = [1] * len(scanned)
        if any(axes):
            attributes["scan_input_axes"] = axes
        results = w.add_many("Scan", *states, *scanned, outputs=len(states) + (choice["collect"] != "last"),
                             body=body.graph("body"), **attributes)
        self.batch_first_output = bool(out)
        return (results[-1] if choice["collect"] != "last" else None), results[:len(states)]


def carry_weights(w, body, place):
    """Makes the loop carry the outer weights that its body reads, unchanged, as TensorFlow's loops do; their
    outputs come at this place. Returns the weights."""
    read = {name for node in body.nodes for name in node.input}
    weights = [proto for proto in outermost(w).initializers if proto.name in read and len(proto.dims) > 0
               and proto.data_type == FLOAT and not proto.name.startswith("const")]
    outputs = body.outputs[place:]
    del body.outputs[place:]
    for proto in weights:
        inner = body.input(body.fresh(f"{proto.name}_inner"), FLOAT, list(proto.dims))
        for node in body.nodes:
            node.input[:] = [inner if name == proto.name else name for name in node.input]
        body.deliver(inner, body.fresh(f"{proto.name}_same"), FLOAT, list(proto.dims))
    body.outputs += outputs
    return [proto.name for proto in weights]


def outermost(w):
    """The graph that all others are in."""
    while w.parent:
        w = w.parent
    return w
