"""Builds the compiled part of the Python module by CMake.

GATEFOLD_BUILD_DIR names a build tree to use instead of one of its own; it must have been configured
with -DGATEFOLD_BUILD_PYTHON=ON for the same Python.
"""

import os
import pathlib
import re
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent


def version():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"project\(gatefold VERSION ([0-9.]+)", text)[1]


class BuildByCMake(build_ext):
    """Builds the target _gatefold and puts it where setuptools expects it."""

    def build_extension(self, ext):
        tree = pathlib.Path(os.environ.get("GATEFOLD_BUILD_DIR") or self.build_temp).resolve()
        if not (tree / "CMakeCache.txt").exists():
            self.spawn([
                "cmake", "-S", str(ROOT), "-B", str(tree), "-DCMAKE_BUILD_TYPE=Release",
                "-DGATEFOLD_BUILD_PYTHON=ON", "-DGATEFOLD_BUILD_TESTS=OFF",
                f"-DGATEFOLD_PYTHON={sys.executable}",
            ])
        jobs = len(os.sched_getaffinity(0))
        self.spawn(["cmake", "--build", str(tree), "--target", "_gatefold", "-j", str(jobs)])
        target = pathlib.Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        self.copy_file(str(tree / "python" / "gatefold" / target.name), str(target))


setup(
    version=version(),
    ext_modules=[Extension("gatefold._gatefold", sources=[])],
    cmdclass={"build_ext": BuildByCMake},
)
