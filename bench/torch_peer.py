"""PyTorch on one recurrent layer: settings as JSON in the first argument, measurements on standard
output. See sides.py."""
import json
import re
import sys
import time

import torch


def memory_mib(field):
    with open("/proc/self/status", encoding="utf-8") as status:
        return int(re.search(field + r":\s+(\d+)", status.read())[1]) / 1024


settings = json.loads(sys.argv[1])
torch.set_num_threads(settings["threads"])
with open("/proc/self/clear_refs", "w", encoding="utf-8") as peak:
    peak.write("5")
memory_before = memory_mib("VmHWM")
start = time.perf_counter()
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


def measure(function, seconds):
    times = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds or len(times) < 5:
        before = time.perf_counter()
        function()
        times.append((time.perf_counter() - before) * 1e6)
    return sorted(times)


function = {"infer": infer, "train": train}[settings["what"]]
function()
start_ms = (time.perf_counter() - start) * 1e3
measure(function, 0)
memory = memory_mib("VmHWM") - memory_before
measure(function, settings["seconds"] / 10)
times = measure(function, settings["seconds"])
print(json.dumps({"us": times[len(times) // 2], "start_ms": start_ms, "memory_mib": memory}))
