"""Trains the small models of this folder with PyTorch and exports them as ONNX test folders.

Each folder receives model.onnx and two data sets of different shapes; the expected outputs are
PyTorch's. Needs Debian's python3-torch and python3-onnx:  python3 examples/models/make_models.py
"""

import pathlib

import numpy as np
import onnx.numpy_helper
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = pathlib.Path(__file__).parent
FONT = {  # Digits of five columns and seven rows.
    0: "01110 10001 10011 10101 11001 10001 01110",
    1: "00100 01100 00100 00100 00100 00100 01110",
    2: "01110 10001 00001 00010 00100 01000 11111",
    3: "11111 00010 00100 00010 00001 10001 01110",
    4: "00010 00110 01010 10010 11111 00010 00010",
    5: "11111 10000 11110 00001 00001 10001 01110",
    6: "00110 01000 10000 11110 10001 10001 01110",
    7: "11111 00001 00010 00100 01000 01000 01000",
    8: "01110 10001 10001 01110 10001 10001 01110",
    9: "01110 10001 10001 01111 00001 00010 01100",
}


class CharLstm(nn.Module):
    """Scores of the next character after every character of a text."""

    def __init__(self, characters, width=64):
        super().__init__()
        self.embedding = nn.Embedding(characters, 24)
        self.lstm = nn.LSTM(24, width, batch_first=True)
        self.head = nn.Linear(width, characters)

    def forward(self, tokens):
        features, _ = self.lstm(self.embedding(tokens))
        return self.head(features)


class DigitsGru(nn.Module):
    """Which digit a small picture shows, read row by row."""

    def __init__(self, width=24):
        super().__init__()
        self.gru = nn.GRU(5, width, num_layers=2)
        self.head = nn.Linear(width, 10)

    def forward(self, rows):
        _, last = self.gru(rows)
        return torch.log_softmax(self.head(last[-1]), dim=1)


class BilstmTagger(nn.Module):
    """For every letter of padded words: is it the start of a syllable-like group?"""

    def __init__(self, letters, width=16):
        super().__init__()
        self.embedding = nn.Embedding(letters, 12)
        self.lstm = nn.LSTM(12, width, bidirectional=True, batch_first=True)
        self.head = nn.Linear(2 * width, 2)

    def forward(self, letters, lengths):
        packed = pack_padded_sequence(self.embedding(letters), lengths, batch_first=True)
        # Without a state that follows the batch, the exporter would freeze the batch size.
        start = torch.zeros(2, letters.shape[0], self.lstm.hidden_size)
        features, _ = pad_packed_sequence(self.lstm(packed, (start, start))[0], batch_first=True)
        return self.head(features)


def train(model, draw_batch, steps, rate=5e-3):
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for step in range(steps):
        inputs, targets = draw_batch(step)
        scores = model(*inputs)
        loss = nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{type(model).__name__}: loss {loss.item():.3f}")
    return model.eval()


def save_tensor(path, name, tensor):
    proto = onnx.numpy_helper.from_array(tensor.detach().numpy(), name)
    path.write_bytes(proto.SerializeToString())


def export(name, model, data_sets, input_names, output_name, dynamic_axes):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    torch.onnx.export(model, data_sets[0], folder / "model.onnx", opset_version=15,
                      input_names=input_names, output_names=[output_name],
                      dynamic_axes=dynamic_axes)
    for number, inputs in enumerate(data_sets):
        data_set = folder / f"test_data_set_{number}"
        data_set.mkdir(exist_ok=True)
        for i, tensor in enumerate(inputs):
            save_tensor(data_set / f"input_{i}.pb", input_names[i], tensor)
        with torch.no_grad():
            save_tensor(data_set / "output_0.pb", output_name, model(*inputs))


def make_char_lstm():
    text = (HERE.parent.parent / "LICENSE").read_text()
    characters = sorted(set(text))
    tokens = torch.tensor([characters.index(c) for c in text])

    def draw_batch(_):
        starts = torch.randint(len(tokens) - 49, (16,)).tolist()
        windows = torch.stack([tokens[s:s + 49] for s in starts])
        return (windows[:, :-1],), windows[:, 1:]

    model = train(CharLstm(len(characters)), draw_batch, 300)
    export("char_lstm", model, [(tokens[None, 2000:2032],), (tokens[5000:5036].reshape(3, 12),)],
           ["tokens"], "scores",
           {"tokens": {0: "batch", 1: "time"}, "scores": {0: "batch", 1: "time"}})


def make_digits_gru():
    pictures = torch.tensor([[[float(c) for c in row] for row in FONT[d].split()] for d in range(10)])

    def draw(count):
        digits = torch.randint(10, (count,))
        noisy = pictures[digits] + 0.2 * torch.randn(count, 7, 5)
        return noisy.transpose(0, 1).contiguous(), digits

    def draw_batch(_):
        rows, digits = draw(64)
        return (rows,), digits

    model = train(DigitsGru(), draw_batch, 300)
    export("digits_gru", model, [(draw(1)[0],), (draw(5)[0],)], ["rows"], "log_probabilities",
           {"rows": {1: "batch"}, "log_probabilities": {0: "batch"}})


def make_bilstm_tagger():
    vowels = torch.tensor([1, 5, 9, 15, 21])  # a e i o u, with 0 for padding.

    def draw(count, longest):
        lengths = torch.randint(2, longest + 1, (count,)).sort(descending=True).values
        lengths[0] = longest
        letters = torch.randint(1, 27, (count, longest))
        letters *= torch.arange(longest)[None] < lengths[:, None]
        is_vowel = torch.isin(letters, vowels)
        starts = ~is_vowel & torch.roll(is_vowel, -1, 1) & (letters > 0)
        starts[:, -1] = False
        return (letters, lengths), starts.long()

    model = train(BilstmTagger(27), lambda _: draw(32, 12), 200)
    export("bilstm_tagger", model, [draw(2, 9)[0], draw(4, 6)[0]], ["letters", "lengths"],
           "tag_scores", {"letters": {0: "batch", 1: "time"}, "lengths": {0: "batch"},
                          "tag_scores": {0: "batch", 1: "time"}})


if __name__ == "__main__":
    torch.manual_seed(1)
    np.random.seed(1)
    make_char_lstm()
    make_digits_gru()
    make_bilstm_tagger()
