"""Tokenizers, templates and projects."""

import unittest

import numpy as np

import gatefold as gf
from support import ModelTest

NAMES = "Smith\ten\nJones\ten\nMüller\tde\nSchmidt\tde\nSatō\tja\nSuzuki\tja\n"


class Tokenizers(ModelTest):
    def test_encode_and_decode(self):
        tokenizer = gf.Tokenizer.of_characters(["der Zug", "die Züge"])
        ids = tokenizer.encode("die Züge")
        self.assertEqual(tokenizer.decode(ids), "die Züge")
        self.assertEqual(len(ids), 8)
        self.assertEqual(tokenizer.token_of(tokenizer.id_of("ü")), "ü")
        self.assertLess(max(ids), tokenizer.vocabulary_size)

    def test_are_files(self):
        path = self.folder / "tokenizer.json"
        tokenizer = gf.Tokenizer.of_pairs(["low lower lowest"] * 3, 270)
        tokenizer.save(path)
        again = gf.Tokenizer.from_file(path)
        self.assertEqual(again.document, tokenizer.document)
        self.assertEqual(again.encode_pieces("lower"), tokenizer.encode_pieces("lower"))

    def test_are_made_of_words(self):
        tokenizer = gf.Tokenizer.of_words(["The cat", "the dog"], lower_case=True, min_count=2)
        self.assertEqual(tokenizer.encode_pieces("The"), ["the"])

    def test_refuse_what_is_no_tokenizer(self):
        with self.assertRaises(gf.Error):
            gf.Tokenizer("{}")


class Projects(ModelTest):
    def test_templates_are_listed(self):
        self.assertIn("char-lm", gf.templates())

    def test_begin_with_a_model_or_with_data(self):
        line = gf.new("linear", self.folder / "line", inputs=3)
        self.assertEqual(gf.load(line.models[0]).inputs[0].shape, ("N", 3))
        names = gf.new("classifier", self.folder / "names", rnn="gru", hidden=8, embedding=4)
        self.assertEqual(names.models, [])
        text = self.folder / "names.tsv"
        text.write_text(NAMES * 5, encoding="utf-8")
        made = names.prepare(f"{text}:1,2", tokens="char")
        self.assertEqual(made["targets"], 3)
        self.assertEqual(made["training"] + made["validation"], 30)
        self.assertEqual(sorted(names.labels()), ["de", "en", "ja"])
        ids = names.tokenizer().encode("Müller")
        scores = gf.load(names.models[0]).run(
            {"tokens": np.array([ids]), "lengths": np.array([len(ids)])}
        )
        self.assertEqual(scores["logits"].shape, (1, 3))
        self.assertEqual(gf.Project(self.folder / "names").template, "classifier")

    def test_refuse_another_project(self):
        gf.new("linear", self.folder / "line")
        with self.assertRaises(gf.Error):
            gf.new("linear", self.folder / "line")
        with self.assertRaises(gf.Error):
            gf.new("poem", self.folder / "poem")
        with self.assertRaisesRegex(gf.Error, "template 'linear' has no use for --heads"):
            gf.new("linear", self.folder / "heads", heads=2)


if __name__ == "__main__":
    unittest.main()
