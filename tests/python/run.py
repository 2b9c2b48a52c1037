"""Runs the tests of the Python module.

Usage: run.py FOLDER [TEST...]
FOLDER holds the package gatefold. The exit code is 77 where its compiled part was not built.
"""

import pathlib
import sys
import unittest


def main():
    folder = pathlib.Path(sys.argv[1])
    if not list(folder.glob("gatefold/_gatefold.*.so")):
        print(f"{folder} holds no compiled module")
        sys.exit(77)
    here = pathlib.Path(__file__).parent
    sys.path[:0] = [str(folder), str(here)]
    loader = unittest.TestLoader()
    names = sys.argv[2:]
    tests = loader.loadTestsFromNames(names) if names else loader.discover(str(here))
    result = unittest.TextTestRunner(verbosity=1).run(tests)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
