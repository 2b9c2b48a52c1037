#!/usr/bin/python3
"""Measures what a run from Python costs beside the same run in C++.

Usage: python_overhead.py BUILD_FOLDER
For a model of one small addition, so that nearly all is overhead: the least mean time of a run over
several rounds, by `gatefold bench` and by each way to run it from Python.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROUNDS, RUNS = 2000, 200
MODEL = """<ir_version: 8, opset_import: ["" : 17]>
g (float[N,4] x, float[N,4] h) => (float[N,4] y) { y = Add (x, h) }
"""


def microseconds(action):
    action()
    least = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(RUNS):
            action()
        least = min(least, (time.perf_counter() - start) / RUNS)
    return 1e6 * least


def main():
    build = pathlib.Path(sys.argv[1])
    sys.path.insert(0, str(build / "python"))
    import numpy as np

    import gatefold as gf

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnxtxt"
        path.write_text(MODEL)
        model = gf.load(path)
        session = gf.InferenceSession(path)
        report = subprocess.run(
            [build / "gatefold", "bench", path, "--dim", "N=1", "--seconds", "1", "--json"],
            check=True, capture_output=True, text=True,
        ).stdout
    stream = model.session(states={})
    x = h = np.ones((1, 4), np.float32)
    feeds = {"x": x, "h": h}
    native = 1e3 * json.loads(report)["median_ms"]
    print(f"C++                              {native:6.2f} us")
    for name, action in (
        ("model.run(feeds)", lambda: model.run(feeds)),
        ("stream.run(feeds)", lambda: stream.run(feeds)),
        ("stream.run(x=x, h=h)", lambda: stream.run(x=x, h=h)),
        ("InferenceSession.run(None, feeds)", lambda: session.run(None, feeds)),
    ):
        took = microseconds(action)
        print(f"{name:33}{took:6.2f} us, {took - native:.2f} us more")


if __name__ == "__main__":
    main()
