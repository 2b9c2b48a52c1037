"""The record of a spelling, and how choices are combined to many of them."""

import dataclasses
import itertools
import random

import numpy as np


@dataclasses.dataclass
class Case:
    """A built spelling: the ONNX model, its inputs by name, the outputs that the formulas give (as many
    as are known, in the order of the model's outputs), and the source it was exported from."""

    model: object
    inputs: dict
    outputs: list = dataclasses.field(default_factory=list)
    source: str = ""


@dataclasses.dataclass
class Spelling:
    """`expected`: the recurrent nodes it was written as, like ["LSTM forward"] or ["GRU bidirectional"];
    empty for a look-alike, of which no node over several steps may be made; None where any graph that computes
    the same is right. `also`: other nodes that are as good. `scales`: factors of the inputs with
    which it is run. `note` says what was chosen."""

    name: str
    family: str
    build: callable
    expected: list
    note: str = ""
    also: list = None
    scales: tuple = (1.0,)


def combinations(axes, count, seed, is_valid=lambda choice: True):
    """`count` random choices, one value of each axis, as dicts: every value of an axis comes as often as
    any other, as far as `is_valid` lets it. No choice comes twice."""
    rng = random.Random(seed)
    decks = {name: _endless(values, rng) for name, values in axes.items()}
    seen, found = set(), []
    for _ in range(count * 200):
        if len(found) == count:
            break
        choice = {name: next(deck) for name, deck in decks.items()}
        for _ in range(100):
            if is_valid(choice):
                break
            name = rng.choice(list(axes))
            choice[name] = rng.choice(list(axes[name]))
        key = tuple(choice.items())
        if is_valid(choice) and key not in seen:
            seen.add(key)
            found.append(choice)
    return found


def _endless(values, rng):
    """All values in a new order, again and again."""
    for _ in itertools.count():
        deck = list(values)
        rng.shuffle(deck)
        yield from deck


def note_of(choice):
    """The choices in one line."""
    return " ".join(f"{name}={value}" for name, value in choice.items())


def generator_of(seed):
    """Random numbers of their own for each spelling."""
    return np.random.default_rng(seed)
