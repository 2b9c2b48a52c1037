"""Settings of Sphinx for the site; docs/build.sh runs it with the root of the repository as source."""

import __future__
import pathlib
import re
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent

project = "Gatefold"
copyright = "the authors of Gatefold"
release = re.search(r"project\(gatefold\s+VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
html_theme = "furo"
html_title = "Gatefold"
highlight_language = "none"

root_doc = "docs/index"
include_patterns = ["CONTRIBUTING.md", "docs/*.md", "docs/reference/*.md", "examples/*/README.md"]
exclude_patterns = ["build", "dist", "**/env"]

extensions = ["myst_parser", "breathe", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
breathe_projects = {"c": ROOT / "build/docs/c/xml", "cpp": ROOT / "build/docs/cpp/xml"}
breathe_domain_by_file_pattern = {"*c/gatefold.h": "c"}
autodoc_member_order = "bysource"


def find_package():
    """Lets autodoc find the Python package: the one in the build tree, whose compiled part has docstrings, or
    else the sources, with what is declared of that part."""
    built = ROOT / "build/release/python"
    if list(built.glob("gatefold/_gatefold.*.so")):
        sys.path.insert(0, str(built))
        return
    stub = ROOT / "python/gatefold/_gatefold.pyi"
    module = types.ModuleType("gatefold._gatefold")
    module.version = release
    flags = __future__.annotations.compiler_flag
    exec(compile(stub.read_text(), str(stub), "exec", flags), vars(module))
    sys.modules[module.__name__] = module
    sys.path.insert(0, str(ROOT / "python"))


def set_examples(app, what, name, object, options, lines):
    """Sets what is indented in a docstring as it stands."""
    for i in reversed(range(1, len(lines))):
        if lines[i].startswith("    ") and not lines[i - 1]:
            lines[i:i] = ["::", ""]


def setup(app):
    app.connect("autodoc-process-docstring", set_examples)


find_package()
