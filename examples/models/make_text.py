"""Writes char_lstm/text.npz, a short text to train char_lstm on: every row of `tokens` is a piece of it, and
`target` holds the character that follows each. char_lstm knows the characters of LICENSE, in their order.
Needs Debian's python3-numpy:  /usr/bin/python3 examples/models/make_text.py
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
LENGTH = 48  # Of a row.
TEXT = """
The miller of the lower weir kept two clocks. One hung over the door of the mill and told the hours to those
who came with grain; the other stood in the loft and told him when the tide would turn. The first was always
late, because the people who came with grain were always late, and the second was always right, because the
tide has no use for grain. When the water was high he closed the gate and slept. When the water was low he
opened the gate, and the wheel began to turn, slowly at first and then as fast as the stones would bear it.

One morning in October the clock in the loft stopped. The miller did not hear that it had stopped, for he was
used to it, and what we are used to we hear only in our memory. He slept through the first tide and through
the better part of the second. When he woke, the water stood before the gate and could not come in, and the
people stood before the door and could not come in, and all of them, the people and the water, were in a very
bad mood. He opened the door first. That was a mistake, as he said later, for the people wanted flour, and
without the water there was none to be had. So he went to open the gate, and the water, which had waited for
so long, came in all at once and took the wheel with it, over the weir, past the willows, and out to sea.

The people looked at the place where the wheel had been. Then they looked at the miller. "The clock stopped,"
said the miller. "Ours did not," said the people, and went to look for another mill. There was none on that
side of the river, and so in the end they came back, and together they built another wheel, of oak, with more
blades than the old one had. It turned better than the old one had. On the day when it was finished they gave
the miller a present, wrapped in a flour sack. It was a third clock. It had no face and no hands, and all that
it could do was ring. "When it rings," they told him, "you may look at the other two." And this he did, every
day, for as long as he lived, and the people of the lower weir were never late again, and neither was the tide.
"""


def main():
    characters = sorted(set((HERE.parent.parent / "LICENSE").read_text()))
    tokens = np.array([characters.index(character) for character in TEXT.strip()])
    rows = (len(tokens) - 1) // LENGTH
    used = rows * LENGTH
    np.savez_compressed(
        HERE / "char_lstm" / "text.npz",
        tokens=np.uint8(tokens[:used].reshape(rows, LENGTH)),
        target=np.uint8(tokens[1 : used + 1].reshape(rows, LENGTH)),
    )
    print(f"{rows} rows of {LENGTH} characters")


if __name__ == "__main__":
    main()
