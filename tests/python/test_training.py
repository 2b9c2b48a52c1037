"""Training step by step, and whole runs."""

import json
import xml.etree.ElementTree
import unittest

import numpy as np

import gatefold as gf
from support import TRAINING_CASES, ModelTest

LINEAR = """g (float[N,2] x) => (float[N,1] y)
<float[2,1] weight = {0.5, -0.5}, float[1] bias = {0}> {
  z = MatMul (x, weight)
  y = Add (z, bias)
}"""


def batches_of(case):
    data = np.load(TRAINING_CASES / case / "data.npz")
    steps = len(next(iter(data.values())))
    return [{name: data[name][i] for name in data} for i in range(steps)]


def linear_data(count=64):
    x = np.random.default_rng(1).normal(size=(count, 2)).astype(np.float32)
    return {"x": x, "target": x @ np.float32([[1], [2]]) + np.float32(3)}


class Steps(ModelTest):
    def trainer(self, case, **settings):
        folder = TRAINING_CASES / case
        return gf.Trainer(folder / "model.onnx", spec=folder / "spec.json", **settings)

    def test_give_the_losses_of_pytorch(self):
        for case in ("lstm_text_adam", "carried_lstm_clip", "gru_reset_after_nesterov"):
            with self.subTest(case):
                expected = np.load(TRAINING_CASES / case / "expected.npz")
                trainer = self.trainer(case)
                batches = batches_of(case)
                for name, gradient in trainer.gradients(batches[0]).items():
                    wanted = expected[f"grad/{name}"]
                    np.testing.assert_allclose(
                        gradient, wanted, rtol=0, atol=1e-5 * np.abs(wanted).max()
                    )
                losses = [trainer.step(batch).loss for batch in batches]
                np.testing.assert_allclose(losses, expected["losses"], rtol=1e-5, atol=1e-6)
                self.assertEqual(trainer.steps, len(batches))

    def test_say_what_they_computed(self):
        trainer = self.trainer("lstm_text_adam", outputs=["scores"])
        batch = batches_of("lstm_text_adam")[0]
        result = trainer.step(batch)
        self.assertEqual(result.outputs["scores"].shape, (*batch["tokens"].shape, 7))
        self.assertEqual(result.learning_rate, 0.02)
        self.assertGreater(result.gradient_norm, 0)
        self.assertEqual({port.name for port in trainer.inputs}, {"tokens", "target"})

    def test_evaluate_changes_nothing(self):
        trainer = self.trainer("lstm_text_adam")
        batches = batches_of("lstm_text_adam")
        before = trainer.weights
        judged = trainer.evaluate(batches, metrics=["accuracy", "perplexity"])
        self.assertAlmostEqual(judged["perplexity"], np.exp(judged["loss"]), places=5)
        self.assertLessEqual(judged["accuracy"], 1)
        for name, weight in trainer.weights.items():
            np.testing.assert_array_equal(weight, before[name])

    def test_take_weights(self):
        trainer = gf.Trainer(self.write(LINEAR), loss="mse")
        trainer.set_weight("weight", np.float32([[1], [2]]))
        trainer.set_weight("bias", [3.0])
        self.assertLess(trainer.evaluate(linear_data())["loss"], 1e-12)

    def test_learn_a_line(self):
        trainer = gf.Trainer(self.write(LINEAR), loss="mse", optimizer=gf.SGD(0.1, momentum=0.5))
        for _ in range(200):
            loss = trainer.step(linear_data()).loss
        self.assertLess(loss, 1e-6)
        np.testing.assert_allclose(trainer.weights["weight"], [[1], [2]], atol=1e-3)
        trainer.save(self.folder / "trained.onnx")
        y = gf.load(self.folder / "trained.onnx").run({"x": np.float32([[1, 1]])})["y"]
        self.assertAlmostEqual(float(y), 6, places=2)

    def test_take_every_optimizer_and_schedule(self):
        optimizers = [gf.SGD(0.01, nesterov=True, momentum=0.9), gf.Adam(1e-3, (0.8, 0.9)),
                      gf.AdamW(1e-3, weight_decay=0.1), gf.Adagrad(0.1, lr_decay=0.1),
                      gf.RMSprop(0.01, centered=True)]
        schedules = [gf.Constant(), gf.Step(2, 0.5), gf.MultiStep([1, 2]), gf.Exponential(0.9),
                     gf.LinearWarmup(3), gf.Cosine(10), gf.LinearWarmupCosine(2, 10),
                     gf.ReduceOnPlateau(patience=0)]
        for optimizer, schedule in zip(optimizers + optimizers, schedules):
            with self.subTest(repr(schedule)):
                trainer = gf.Trainer(
                    self.write(LINEAR), loss="mse", optimizer=optimizer, schedule=schedule
                )
                trainer.step(linear_data())
                trainer.end_epoch(1.0)

    def test_follow_a_schedule(self):
        trainer = gf.Trainer(
            self.write(LINEAR), loss="mse", optimizer=gf.SGD(0.1), schedule=gf.Step(2, 0.5)
        )
        rates = [trainer.step(linear_data()).learning_rate for _ in range(5)]
        np.testing.assert_allclose(rates, [0.1, 0.1, 0.05, 0.05, 0.025])

    def test_train_what_is_wanted(self):
        for settings, names in (
            ({"trainable": "*"}, {"weight", "bias"}),
            ({"trainable": ["b*"]}, {"bias"}),
            ({"freeze": "bias"}, {"weight"}),
        ):
            with self.subTest(settings):
                trainer = gf.Trainer(self.write(LINEAR), loss="mse", **settings)
                self.assertEqual(set(trainer.weights), names)

    def test_take_models_as_bytes(self):
        source = (TRAINING_CASES / "lstm_text_adam" / "model.onnx").read_bytes()
        trainer = gf.Trainer(source, loss="cross_entropy", optimizer=gf.Adam(1e-3))
        trainer.step(batches_of("lstm_text_adam")[0])
        trainer.save(self.folder / "trained.onnx")
        gf.load(self.folder / "trained.onnx")

    def test_continue_from_a_checkpoint(self):
        first = self.trainer("carried_lstm_clip")
        batches = batches_of("carried_lstm_clip")
        first.step(batches[0])
        first.checkpoint(self.folder / "saved")
        second = self.trainer("carried_lstm_clip")
        second.resume(self.folder / "saved")
        self.assertEqual(first.step(batches[1]).loss, second.step(batches[1]).loss)
        second.forget_states()

    def test_refuse_what_does_not_fit(self):
        path = self.write(LINEAR)
        self.assert_refuses(
            "no loss is given, by which the model would be trained", lambda: gf.Trainer(path)
        )
        with self.assertRaisesRegex(gf.Error, "unknown loss 'mean'|loss 'mean'"):
            gf.Trainer(path, loss="mean")
        with self.assertRaisesRegex(gf.Error, "the plan: .*'momentun'.*momentum"):
            gf.Trainer(path, loss="mse", optimizer={"type": "sgd", "momentun": 0.9})
        self.assert_refuses(
            "no floating-point tensor of the model matches 'w'; those are: weight, bias",
            lambda: gf.Trainer(path, loss="mse", trainable="w"),
        )
        trainer = gf.Trainer(path, loss="mse")
        self.assert_refuses(
            "array 'labels' of the batch belongs to no input; those are: x, target",
            lambda: trainer.step({**linear_data(), "labels": np.zeros(3)}),
        )
        before = trainer.weights
        with self.assertRaisesRegex(gf.Error, "the loss is nan"):
            trainer.step({name: array * np.float32("nan") for name, array in linear_data().items()})
        np.testing.assert_array_equal(trainer.weights["weight"], before["weight"])


class Runs(ModelTest):
    def test_train_on_arrays_and_tell_of_it(self):
        steps, epochs = [], []
        result = gf.train(
            self.write(LINEAR), linear_data(), validation=linear_data(16), loss="mse",
            optimizer=gf.SGD(0.1), epochs=3, batch_size=16, shuffle=True,
            on_step=steps.append, on_epoch=epochs.append,
        )
        self.assertEqual(result.steps, 12)
        self.assertEqual([step.step for step in steps], list(range(1, 13)))
        self.assertEqual(set(epochs[0].metrics), {"training_loss", "validation_loss"})
        self.assertLess(epochs[-1].metrics["training_loss"], epochs[0].metrics["training_loss"])
        self.assertEqual(result.history["loss"], [step.loss for step in steps])
        result.save(self.folder / "trained.onnx")
        self.assertEqual(set(result.weights), {"weight", "bias"})

    def test_train_on_a_file_as_steps_do(self):
        case = TRAINING_CASES / "lstm_text_adam"
        result = gf.train(case / "model.onnx", case / "data.npz", spec=case / "spec.json")
        np.testing.assert_allclose(
            result.history["loss"], np.load(case / "expected.npz")["losses"], rtol=1e-5
        )

    def test_a_callback_ends_the_run(self):
        result = gf.train(
            self.write(LINEAR), linear_data(), loss="mse", steps=100, batch_size=16,
            on_step=lambda step: step.step == 5,
        )
        self.assertEqual(result.steps, 5)

    def test_a_callbacks_exception_ends_the_run(self):
        def complain(step):
            raise KeyError("enough")

        with self.assertRaisesRegex(KeyError, "enough"):
            gf.train(self.write(LINEAR), linear_data(), loss="mse", on_step=complain)

    def test_stop_early_and_keep_the_best(self):
        epochs = []
        result = gf.train(
            self.write(LINEAR), linear_data(), loss="mse", optimizer=gf.SGD(5.0), clip_norm=100.0,
            epochs=50, early_stopping=3, keep_best=True, on_epoch=epochs.append,
        )
        self.assertLess(len(epochs), 50)
        best = min(epoch.metrics["training_loss"] for epoch in epochs)
        self.assertEqual(result.best_loss, best)

    def test_checkpoints_are_told_of_and_resumed(self):
        saved = []
        settings = {"loss": "mse", "optimizer": gf.Adam(0.1), "batch_size": 16,
                    "checkpoint": self.folder / "saved"}
        path = self.write(LINEAR)
        gf.train(path, linear_data(), epochs=2, on_checkpoint=saved.append, **settings)
        self.assertEqual(saved, [str(self.folder / "saved")] * 2)
        resumed = gf.train(path, linear_data(), epochs=4, resume=True, **settings)
        del settings["checkpoint"]
        whole = gf.train(path, linear_data(), epochs=4, **settings)
        self.assertEqual(resumed.steps, 16)
        np.testing.assert_array_equal(resumed.weights["weight"], whole.weights["weight"])

    def test_a_notebook_shows_the_curve(self):
        result = gf.train(self.write(LINEAR), linear_data(), loss="mse", epochs=2, batch_size=16)
        root = xml.etree.ElementTree.fromstring(result._repr_svg_())
        self.assertTrue(root.tag.endswith("svg"))
        self.assertIn("learning rate", result.history.to_svg(rate=True))
        self.assertIsNone(gf.History()._repr_svg_())

    def test_a_plan_is_the_one_of_the_tool(self):
        case = TRAINING_CASES / "lstm_text_adam"
        spec = json.loads((case / "spec.json").read_text())
        trainer = gf.Trainer(case / "model.onnx", spec=spec, optimizer=gf.SGD(0.5))
        self.assertEqual(trainer.learning_rate, 0.5)


if __name__ == "__main__":
    unittest.main()
