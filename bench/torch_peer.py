"""The time PyTorch takes for one recurrent layer: settings as JSON in the first argument, the median
on standard output. See compare.py."""
import json
import sys
import time

import torch

settings = json.loads(sys.argv[1])
torch.set_num_threads(settings["threads"])
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
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or len(times) < 5:
        before = time.perf_counter()
        function()
        times.append((time.perf_counter() - before) * 1e6)
    return sorted(times)


function = {"infer": infer, "train": train}[settings["what"]]
measure(function, settings["seconds"] / 10)
times = measure(function, settings["seconds"])
print(json.dumps({"median_us": times[len(times) // 2], "runs": len(times)}))
