"""Programs for onnxruntime, of which only the import is another."""

import unittest
import warnings

import numpy as np

import gatefold as gf
import gatefold as onnxruntime
import gatefold as ort
from support import REPOSITORY, STREAM, ModelTest

MODELS = REPOSITORY / "examples" / "models"


class Programs(ModelTest):
    """Like those of public tutorials."""

    def test_predict(self):
        sess = ort.InferenceSession(
            str(MODELS / "char_lstm" / "model.onnx"), providers=["CPUExecutionProvider"]
        )
        input_name = sess.get_inputs()[0].name
        label_name = sess.get_outputs()[0].name
        pred = sess.run([label_name], {input_name: np.array([[3, 1, 4]], dtype=np.int64)})[0]
        self.assertEqual(pred.shape, (1, 3, 76))

    def test_classify_with_options(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.optimized_model_filepath = str(self.folder / "optimized.onnx")
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            (MODELS / "char_lstm" / "model.onnx").read_bytes(), options,
            providers=onnxruntime.get_available_providers(),
        )
        inputs = {
            one.name: np.zeros([size if isinstance(size, int) else 2 for size in one.shape],
                               {"tensor(int64)": np.int64, "tensor(float)": np.float32}[one.type])
            for one in session.get_inputs()
        }
        outputs = session.run(None, inputs)
        self.assertEqual(len(outputs), len(session.get_outputs()))
        self.assertEqual(session.get_providers(), ["CPUExecutionProvider"])
        self.assertEqual(session.get_modelmeta().graph_name, gf.load(
            MODELS / "char_lstm" / "model.onnx").name)
        self.assertTrue((self.folder / "optimized.onnx").is_file())

    def test_stream_with_states(self):
        session = ort.InferenceSession(self.write(STREAM))
        state = np.zeros((1, 2), np.float32)
        for expected in ([1, 2], [2, 4], [4, 8]):
            y, state = session.run(["y", "hn"], {"x": np.float32([[1, 2]]), "h0": state})
            self.assertEqual(y.tolist(), [expected])


class Limits(ModelTest):
    def session(self, **settings):
        return ort.InferenceSession(self.write(STREAM), **settings)

    def test_ports_are_described_alike(self):
        session = self.session()
        (x, _) = session.get_inputs()
        self.assertEqual((x.name, x.type, x.shape), ("x", "tensor(float)", ["N", 2]))

    def test_what_is_not_there_says_so(self):
        session = self.session()
        for action in (
            session.io_binding,
            session.end_profiling,
            lambda: session.run_with_ort_values(None, {}),
            lambda: ort.SessionOptions().register_custom_ops_library("ops.so"),
        ):
            with self.assertRaisesRegex(NotImplementedError, r"\w+ \w+"):
                action()
        with self.assertRaisesRegex(AttributeError, "gatefold has no OrtValue: give numpy arrays"):
            ort.OrtValue
        with self.assertRaisesRegex(AttributeError, "has no attribute 'Nothing'"):
            ort.Nothing
        with self.assertRaises(AttributeError):
            ort.SessionOptions().intra_op_threads = 2
        options = ort.SessionOptions()
        options.execution_mode = ort.ExecutionMode.ORT_PARALLEL
        with self.assertRaisesRegex(NotImplementedError, "one after another"):
            self.session(sess_options=options)

    def test_providers(self):
        self.assert_refuses(
            "there is no provider CUDAExecutionProvider; there is CPUExecutionProvider",
            lambda: self.session(providers=["CUDAExecutionProvider"]),
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.session(providers=["CUDAExecutionProvider", "CPUExecutionProvider"])
        self.assertIn("CUDAExecutionProvider", str(caught[0].message))

    def test_an_unknown_output_is_refused(self):
        zero = np.zeros((1, 2), np.float32)
        self.assert_refuses(
            "the model has no output 'z'; its outputs: y, hn",
            lambda: self.session().run(["z"], {"x": zero, "h0": zero}),
        )

    def test_extents_get_sizes_by_name(self):
        options = ort.SessionOptions()
        options.add_free_dimension_override_by_name("N", 3)
        self.assertEqual(self.session(sess_options=options).get_inputs()[0].shape, [3, 2])

    def test_a_model_may_stay_as_it_is(self):
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.session(sess_options=options)


if __name__ == "__main__":
    unittest.main()
