"""Reads the texts of modules in the folder texts.

A file is a few lines on what it holds and then blocks: a line "# NAME", lines "KEY: VALUE" or "KEY" with what is
to be said of the module, and indented lines of its text. Behind the lines "made:" and "forward:" come parts of
it, else all of it is `forward`."""

import dataclasses
import pathlib

FOLDER = pathlib.Path(__file__).parent / "texts"
# Extents of the shapes in the texts: time, batch, input, hidden, projection.
EXTENTS = {"T": 5, "N": 3, "I": 4, "H": 6, "P": 2}


@dataclasses.dataclass
class Text:
    """One block: what is said by key, and the parts of the text."""

    name: str
    said: dict
    parts: dict

    @property
    def forward(self):
        """The text of the step or method."""
        return self.parts["forward"]

    def shapes(self, key):
        """The shapes of "W 4H I, b 4H" by name."""
        parts = [part.split() for part in self.said.get(key, "").split(",") if part]
        return {name: [extent_of(word) for word in words] for name, *words in parts}

    def names(self, key):
        """The parts of "LSTM forward, LSTM forward"."""
        return [part.strip() for part in self.said[key].split(",")]


def extent_of(word):
    """The number that "4H" or "10" stands for."""
    return int(word) if word.isdigit() else int(word[:-1] or 1) * EXTENTS[word[-1]]


def read_blocks(file):
    """The blocks of a file of the folder. Of those with kinds, one for each: KIND in the text is replaced."""
    blocks = (FOLDER / file).read_text().split("\n# ")[1:]
    found = []
    for block in blocks:
        for kind in _read(block).said.get("kinds", "").split() or [None]:
            found.append(_read(block if kind is None else
                               block.replace("_KIND", f"_{kind.lower()}").replace("KIND", kind)))
    return found


def ways(files):
    """Each block of the files unrolled and, unless it says otherwise, scripted: block, "unrolled" or "scripted"."""
    for block in (block for file in files for block in read_blocks(file)):
        yield block, "unrolled"
        if "unrolled only" not in block.said:
            yield block, "scripted"


def _read(block):
    name, *lines = block.splitlines()
    said, parts, part = {}, {"forward": ""}, "forward"
    for line in lines:
        if line.startswith("    "):
            parts[part] = parts.get(part, "") + line[4:] + "\n"
        elif line in ("made:", "forward:"):
            part = line[:-1]
        elif line:
            key, _, value = line.partition(":")
            said[key] = value.strip()
    return Text(name, said, parts)
