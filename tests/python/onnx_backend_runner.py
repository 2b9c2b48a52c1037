"""Runs ONNX's own test runner, onnx.backend.test.BackendTest, on gatefold.backend.

Usage: onnx_backend_runner.py PACKAGE_FOLDER DATA_FOLDER
DATA_FOLDER is what tests/onnx_backend/generate.py writes: all tests but those that
tests/onnx_backend/excluded.txt names, each with its reason. Models that the runner would fetch over
the network ("real") are left out. The exit code is 77 where the module was not built.
"""

import pathlib
import sys
import unittest

import numpy as np

# onnx 1.12 uses names that numpy 1.24 no longer has.
for name in ("float", "int", "bool", "object", "complex", "str"):
    if name not in vars(np):
        setattr(np, name, getattr(__builtins__, name))


def make_suite(data):
    from onnx.backend.test import BackendTest, loader, runner

    from gatefold import backend

    def local_tests(kind):
        has_data = kind != "real" and (data / kind).is_dir()
        return loader.load_model_tests(data_dir=str(data), kind=kind) if has_data else []

    class Runner(BackendTest):
        @classmethod
        def assert_similar_outputs(cls, expected, outputs, rtol, atol):
            # It takes the length of the tensors in a list, which scalars lack.
            with_length = (np.atleast_1d(one) if getattr(one, "shape", None) == () else one
                           for one in (expected, outputs))
            super().assert_similar_outputs(*with_length, rtol, atol)

    runner.load_model_tests = local_tests
    cases = Runner(backend, "gatefold_backend").test_cases
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    return unittest.TestSuite(load(cases[name]) for name in sorted(cases))


def main():
    package, data = map(pathlib.Path, sys.argv[1:3])
    if not list(package.glob("gatefold/_gatefold.*.so")):
        print(f"{package} holds no compiled module")
        sys.exit(77)
    sys.path.insert(0, str(package))
    result = unittest.TextTestRunner(verbosity=0).run(make_suite(data))
    # The runner skips what a backend calls incompatible; other devices are not there.
    missed = [test.id() for test, _ in result.skipped if test.id().endswith("_cpu")]
    count = result.testsRun - len(result.skipped)
    print(f"{count} tests on the CPU, {len(missed)} missed {' '.join(missed)}")
    sys.exit(0 if result.wasSuccessful() and count > 0 and not missed else 1)


if __name__ == "__main__":
    main()
