"""PyTorch on one recurrent layer, or on a training step of a model: settings as JSON in the first
argument, measurements on standard output. A model and torch_graph.py, which makes a module of it,
come on standard input. See sides.py."""
import base64
import io
import json
import re
import sys
import time

import torch


def memory_mib(field):
    with open("/proc/self/status", encoding="utf-8") as status:
        return int(re.search(field + r":\s+(\d+)", status.read())[1]) / 1024


def make_layer(settings):
    """What infers, and what trains."""
    t, n, i, h = settings["shape"]
    layer = getattr(torch.nn, settings["kind"])(i, h)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    x = torch.randn(t, n, i)
    target = torch.zeros(t, n, h)

    def infer():
        with torch.inference_mode():
            layer(x)

    def train():
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(layer(x)[0], target).backward()
        optimizer.step()

    return {"infer": infer, "train": train}


def make_loss(spec):
    functional = torch.nn.functional
    reduction = spec.get("reduction", "mean")
    if spec["type"] in ("cross_entropy", "nll"):
        function = getattr(functional, {"nll": "nll_loss"}.get(spec["type"], spec["type"]))
        ignored = spec.get("ignore_index")
        ignored = -100 if ignored is None else ignored
        return lambda y, target: function(y.reshape(-1, y.shape[-1]), target.reshape(-1).long(),
                                          reduction=reduction, ignore_index=ignored)
    functions = {"mse": functional.mse_loss,
                 "bce_with_logits": functional.binary_cross_entropy_with_logits}
    if spec["type"] not in functions:
        raise NotImplementedError("loss " + spec["type"])
    return lambda y, target: functions[spec["type"]](y, target, reduction=reduction)


def make_optimizer(spec, parameters):
    kind, lr, decay = spec["type"], spec["lr"], spec.get("weight_decay", 0)
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr, spec.get("momentum", 0), spec.get("dampening", 0),
                               decay, spec.get("nesterov", False))
    if kind in ("adam", "adamw"):
        betas = (spec.get("beta1", 0.9), spec.get("beta2", 0.999))
        optimizer = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
        return optimizer(parameters, lr, betas, spec.get("eps", 1e-8), decay,
                         spec.get("amsgrad", False))
    if kind == "adagrad":
        return torch.optim.Adagrad(parameters, lr, spec.get("lr_decay", 0), decay,
                                   spec.get("initial_accumulator", 0), spec.get("eps", 1e-10))
    raise NotImplementedError("optimizer " + kind)


class ModelStep:
    """A training step of a model on the first batch of its data."""

    def __init__(self, files):
        import numpy
        import onnx

        builder = {}
        exec(files["builder"], builder)
        spec = json.loads(files["spec"])
        graph = onnx.load_model_from_string(base64.b64decode(files["model"])).graph
        arrays = numpy.load(io.BytesIO(base64.b64decode(files["data"])))
        batch = {name: torch.from_numpy(arrays[name][0]) for name in arrays}
        self.target = batch.pop(spec["target"]["name"])
        self.carried = {entry["input"]: entry["output"] for entry in spec.get("carried", [])}
        for entry in spec.get("carried", []):
            batch[entry["input"]] = torch.zeros(entry["shape"])
        self.inputs, self.output = batch, spec["loss"]["output"]
        trainable = {entry["initializer"] for entry in spec["trainable"]}
        self.graph = builder["Graph"](graph, trainable, batch, {self.output, *self.carried.values()})
        self.parameters = self.graph.used_parameters()
        self.loss, self.clip_norm = make_loss(spec["loss"]), spec.get("clip_norm")
        self.optimizer = make_optimizer({**spec["optimizer"], "lr": spec["lr_per_step"][0]},
                                        self.parameters)

    def run(self):
        self.optimizer.zero_grad()
        values = self.graph(self.inputs)
        loss = self.loss(values[self.output], self.target)
        loss.backward()
        if self.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.clip_norm)
        self.optimizer.step()
        for name, output in self.carried.items():
            self.inputs[name] = values[output].detach()
        return loss


def measure(function, seconds):
    times = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds or len(times) < 5:
        before = time.perf_counter()
        function()
        times.append((time.perf_counter() - before) * 1e6)
    return sorted(times)


def main():
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    files = json.load(sys.stdin) if "kind" not in settings else None
    with open("/proc/self/clear_refs", "w", encoding="utf-8") as peak:
        peak.write("5")
    memory_before = memory_mib("VmHWM")
    start = time.perf_counter()
    function = make_layer(settings)[settings["what"]] if files is None else ModelStep(files).run
    first = function()
    start_ms = (time.perf_counter() - start) * 1e3
    measure(function, 0)
    memory = memory_mib("VmHWM") - memory_before
    measure(function, settings["seconds"] / 10)
    times = measure(function, settings["seconds"])
    report = {"us": times[len(times) // 2], "start_ms": start_ms, "memory_mib": memory}
    if first is not None:
        report["loss"] = first.item()
    print(json.dumps(report))


if __name__ == "__main__":
    main()
