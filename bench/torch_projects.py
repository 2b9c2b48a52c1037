"""PyTorch on a project: the same model, built of PyTorch's own modules as its users write them, with
the project's weights, data and settings. The settings come as JSON in the first argument, the
weights and data, as .npz, on standard input; the losses of the first steps and the median time of a
step go to standard output. See sides.py."""
import base64
import io
import json
import statistics
import sys
import time

import numpy
import torch

nn, functional = torch.nn, torch.nn.functional


def recurrent(options, inputs):
    return getattr(nn, options["rnn"].upper())(inputs, options["hidden"], options["layers"],
                                               batch_first=True)


class Classifier(nn.Module):
    def __init__(self, options, sizes):
        super().__init__()
        self.embedding = nn.Embedding(sizes["tokens"], options["embedding"], sizes["padding"])
        self.rnn = recurrent(options, options["embedding"])
        self.fc = nn.Linear(options["hidden"], sizes["targets"])

    def loss(self, batch):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(batch["tokens"]), batch["lengths"], batch_first=True,
            enforce_sorted=False)
        state = self.rnn(packed)[1]
        last = (state[0] if isinstance(state, tuple) else state)[-1]
        return functional.cross_entropy(self.fc(last), batch["target"])


class LanguageModel(nn.Module):
    def __init__(self, options, sizes):
        super().__init__()
        self.embedding = nn.Embedding(sizes["tokens"], options["embedding"])
        self.rnn = recurrent(options, options["embedding"])
        self.fc = nn.Linear(options["hidden"], sizes["tokens"])
        self.state = None

    def loss(self, batch):
        y, state = self.rnn(self.embedding(batch["tokens"]), None if batch["first"] else self.state)
        self.state = tuple(s.detach() for s in state) if isinstance(state, tuple) \
            else state.detach()
        return functional.cross_entropy(self.fc(y).flatten(0, 1), batch["target"].flatten())


class Encoder(nn.Module):
    def __init__(self, options, sizes):
        super().__init__()
        self.embedding = nn.Embedding(sizes["tokens"], options["embedding"], sizes["padding"])
        self.rnn = recurrent(options, options["embedding"])

    def forward(self, tokens, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(tokens), lengths,
                                                   batch_first=True, enforce_sorted=False)
        y, state = self.rnn(packed)
        return nn.utils.rnn.pad_packed_sequence(y, batch_first=True,
                                                total_length=tokens.shape[1])[0], state


class Decoder(nn.Module):
    def __init__(self, options, sizes):
        super().__init__()
        hidden = options["hidden"]
        self.embedding = nn.Embedding(sizes["targets"], options["embedding"], sizes["padding"])
        self.rnn = recurrent(options, options["embedding"])
        self.attends = options["attention"] == "luong"
        if self.attends:
            self.attention = nn.Linear(hidden, hidden, bias=False)
            self.combine = nn.Linear(2 * hidden, hidden, bias=False)
        self.fc = nn.Linear(hidden, sizes["targets"])

    def forward(self, tokens, state, outputs, mask):
        y = self.rnn(self.embedding(tokens), state)[0]
        if self.attends:
            scores = self.attention(y) @ outputs.transpose(1, 2)
            weights = scores.masked_fill(~mask[:, None], torch.finfo(scores.dtype).min).softmax(-1)
            y = torch.tanh(self.combine(torch.cat([weights @ outputs, y], -1)))
        return self.fc(y)


class Translator(nn.Module):
    def __init__(self, options, sizes):
        super().__init__()
        self.encoder, self.decoder = Encoder(options, sizes), Decoder(options, sizes)

    def loss(self, batch):
        outputs, state = self.encoder(batch["tokens"], batch["lengths"])
        mask = torch.arange(batch["tokens"].shape[1]) < batch["lengths"][:, None]
        logits = self.decoder(batch["target_tokens"], state, outputs, mask)
        return functional.cross_entropy(logits.flatten(0, 1), batch["target"].flatten())


class SkipGram(nn.Module):
    def __init__(self, options, sizes):
        super().__init__()
        self.center = nn.Embedding(sizes["tokens"], options["embedding"])
        self.context = nn.Embedding(sizes["tokens"], options["embedding"])

    def loss(self, batch):
        scores = self.context(batch["context"]) @ self.center(batch["center"])[..., None]
        return functional.binary_cross_entropy_with_logits(scores[..., 0], batch["target"])


TEMPLATES = {"classifier": Classifier, "char-lm": LanguageModel, "word-lm": LanguageModel,
             "seq2seq": Translator, "skipgram": SkipGram}


def rows(arrays, settings, step):
    """A batch of examples in the order of the data."""
    count = len(next(iter(arrays.values())))
    size = settings["batch_size"]
    begin = step % -(-count // size) * size
    return {name: torch.from_numpy(array[begin:begin + size]) for name, array in arrays.items()}


def chunks(arrays, settings, step):
    """A batch of lanes of one long text: see `gatefold train --corpus`."""
    lanes, length = settings["batch_size"], settings["bptt"]
    text = arrays["tokens"]
    lane = (len(text) - 1) // lanes
    begin = step % -(-lane // length) * length
    end = min(begin + length, lane)
    starts = numpy.arange(lanes)[:, None] * lane
    places = starts + numpy.arange(begin, end)
    return {"tokens": torch.from_numpy(text[places]), "first": begin == 0,
            "target": torch.from_numpy(text[places + 1])}


def main():
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    files = {name: dict(numpy.load(io.BytesIO(base64.b64decode(text))))
             for name, text in json.load(sys.stdin).items()}
    model = TEMPLATES[settings["template"]](settings["options"], settings["sizes"])
    model.load_state_dict({name: torch.from_numpy(files["weights"][name])
                           for name in model.state_dict()})
    batch_of = chunks if settings["bptt"] else rows
    training = settings["training"]
    assert training["optimizer"]["type"] == "adam"
    optimizer = torch.optim.Adam(model.parameters(), training["optimizer"]["lr"])
    losses, times = [], []
    for step in range(settings["steps"]):
        before = time.perf_counter()
        optimizer.zero_grad()
        loss = model.loss(batch_of(files["data"], settings, step))
        loss.backward()
        if "clip_norm" in training:
            nn.utils.clip_grad_norm_(model.parameters(), training["clip_norm"])
        optimizer.step()
        losses.append(loss.item())
        times.append((time.perf_counter() - before) * 1e6)
    print(json.dumps({"us": statistics.median(times), "losses": losses}))


if __name__ == "__main__":
    main()
