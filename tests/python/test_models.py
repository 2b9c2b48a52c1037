"""Models: what goes in, what comes out, and what is refused."""

import io
import json
import pathlib
import threading
import types
import unittest

import numpy as np

import gatefold as gf
from support import ADD, REPOSITORY, STREAM, ModelTest

X = np.arange(8, dtype=np.float32).reshape(2, 4)
Y = X + np.arange(1, 5, dtype=np.float32)
LSTM = REPOSITORY / "examples" / "models" / "char_lstm" / "model.onnx"


class Load(ModelTest):
    def test_takes_a_path_bytes_and_a_file(self):
        content = LSTM.read_bytes()
        tokens = np.array([[1, 2, 3]])
        expected = gf.load(LSTM).run({"tokens": tokens})["scores"]
        for source in (str(LSTM), content, bytearray(content), io.BytesIO(content)):
            with self.subTest(type(source).__name__):
                np.testing.assert_array_equal(
                    gf.load(source).run({"tokens": tokens})["scores"], expected
                )

    def test_takes_a_message_of_onnx(self):
        onnx = __import__("onnx")
        self.assertEqual(gf.load(onnx.load(LSTM)).inputs[0].name, "tokens")

    def test_refuses_what_is_no_model(self):
        with self.assertRaisesRegex(TypeError, "a model is a path, bytes, .* not int"):
            gf.load(3)
        self.assert_refuses(
            "nowhere.onnx: the file cannot be opened",
            lambda: gf.load("nowhere.onnx"),
        )

    def test_binds_extents_and_values(self):
        model = self.load(ADD, dims={"N": 2})
        self.assertEqual(model.inputs[0].shape, (2, 4))
        bound = self.load("g (float[2] x, float[2] s) => (float[2] y) { y = Mul (x, s) }",
                          values={"s": np.float32([2, 3])})
        self.assertEqual([port.name for port in bound.inputs], ["x"])
        np.testing.assert_array_equal(bound.run({"x": np.float32([1, 1])})["y"], [2, 3])

    def test_refuses_an_unknown_precision(self):
        self.assert_refuses(
            "precision 'fp8' is none of f32, bf16, int8", lambda: self.load(ADD, precision="fp8")
        )

    def test_describes_its_ports(self):
        model = self.load("g (int64[batch,3,?] t) => (int64[batch,3,?] u) { u = Identity (t) }")
        (port,) = model.inputs
        self.assertEqual((port.name, port.dtype, port.shape), ("t", "int64", ("batch", 3, None)))
        self.assertEqual(port.type, "int64[batch,3,?]")


class Run(ModelTest):
    def setUp(self):
        super().setUp()
        self.model = self.load(ADD)

    def test_computes_in_arrays_of_their_own(self):
        first = self.model.run({"x": X})["y"]
        second = self.model.run({"x": X + 1})["y"]
        np.testing.assert_array_equal(first, Y)
        np.testing.assert_array_equal(second, Y + 1)

    def test_reads_any_strides_and_byte_order(self):
        wide = np.zeros((4, 8), np.float32)
        wide[::2, ::2] = X
        for array in (np.asfortranarray(X), wide[::2, ::2], X.astype(">f4"), X[::-1][::-1]):
            np.testing.assert_array_equal(self.model.run({"x": array})["y"], Y)

    def test_takes_any_mapping(self):
        feeds = types.MappingProxyType({"x": X})
        np.testing.assert_array_equal(self.model.run(feeds)["y"], Y)
        np.testing.assert_array_equal(self.model.session(states={}).run(feeds)["y"], Y)
        with self.assertRaises(TypeError):
            self.model.run(3)

    def test_scalars_stay_scalars(self):
        model = self.load("g (float s) => (float t) { t = Add (s, s) }")
        for scalar in (np.float32(1.5), np.array(1.5, ">f4"), 1.5):
            result = model.run({"s": scalar})["t"]
            self.assertEqual((result.shape, float(result)), ((), 3))

    def test_takes_lists_where_no_digit_is_lost(self):
        np.testing.assert_array_equal(self.model.run({"x": X.tolist()})["y"], Y)
        with self.assertRaisesRegex(TypeError, "same_kind"):
            self.load("g (int64[2] t) => (int64[2] u) { u = Neg (t) }").run({"t": [0.5, 1]})

    def test_refuses_what_does_not_fit(self):
        self.assert_refuses(
            "input 'x' is double[2,4] but must be float[N,4]",
            lambda: self.model.run({"x": X.astype(np.float64)}),
        )
        self.assert_refuses(
            "input 'x' is float[2,3] but must be float[N,4]", lambda: self.model.run({"x": X[:, :3]})
        )
        self.assert_refuses(
            "the model has no input 'z'; its inputs: x", lambda: self.model.run({"z": X})
        )
        self.assert_refuses("input 'x' float[N,4] is missing; give it", lambda: self.model.run({}))
        self.assert_refuses(
            "arrays of element type <U1 are not supported",
            lambda: self.model.run({"x": np.array(["a"])}),
        )
        np.testing.assert_array_equal(self.model.run({"x": X})["y"], Y)

    def test_has_every_element_type(self):
        for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
                     "uint16", "uint32", "uint64", "bool"):
            onnx_name = {"float32": "float", "float64": "double"}.get(name, name)
            with self.subTest(name):
                model = self.load(f"g ({onnx_name}[3] x) => ({onnx_name}[3] y) {{ y = Identity (x) }}")
                array = np.array([0, 1, 1]).astype(name)
                result = model.run({"x": array})["y"]
                self.assertEqual(result.dtype, array.dtype)
                np.testing.assert_array_equal(result, array)

    def test_bfloat16_is_uint16(self):
        model = self.load("g (bfloat16[2] x) => (bfloat16[2] y) { y = Add (x, x) }")
        result = model.run({"x": np.array([0x3F80, 0x4040], np.uint16)})["y"]
        self.assertEqual(result.view(np.uint16).tolist(), [0x4000, 0x40C0])

    def test_extents_may_change_from_run_to_run(self):
        for rows in (1, 3, 0, 3, 2):
            x = np.full((rows, 4), 5, np.float32)
            np.testing.assert_array_equal(
                self.model.run({"x": x})["y"], x + np.float32([1, 2, 3, 4])
            )

    def test_gives_and_takes_lists(self):
        from onnx import TensorProto, helper

        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])
        parts = helper.make_tensor_sequence_value_info("parts", TensorProto.FLOAT, [2])
        joined = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])

        def load_node(node, given, result, *initializers):
            graph = helper.make_graph([node], "g", [given], [result], list(initializers))
            return gf.load(
                helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
            )

        two = helper.make_tensor("two", TensorProto.INT64, [], [2])
        split = helper.make_node("SplitToSequence", ["x", "two"], ["parts"])
        join = helper.make_node("ConcatFromSequence", ["parts"], ["y"], axis=0)
        pieces = load_node(split, x, parts, two).run({"x": np.float32([1, 2, 3, 4])})["parts"]
        self.assertEqual([piece.tolist() for piece in pieces], [[1, 2], [3, 4]])
        whole = load_node(join, parts, joined).run({"parts": pieces})["y"]
        self.assertEqual(whole.tolist(), [1, 2, 3, 4])

    def test_eight_threads_share_a_model(self):
        tokens = np.arange(20).reshape(2, 10) % 7
        model = gf.load(LSTM)
        expected = model.run({"tokens": tokens})["scores"]
        differing = []

        def work():
            for _ in range(100):
                if not np.array_equal(model.run({"tokens": tokens})["scores"], expected):
                    differing.append(1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(differing, [])


class Sessions(ModelTest):
    def setUp(self):
        super().setUp()
        self.model = self.load(STREAM)
        self.x = np.float32([[1, 2]])

    def test_carry_states(self):
        stream = self.model.session(states={"hn": "h0"})
        self.assertEqual(stream.carried, {"hn": "h0"})
        self.assertEqual(stream.states, {})
        self.assertEqual(stream.run(x=self.x)["y"].tolist(), [[1, 2]])
        self.assertEqual(stream.run({"x": self.x})["y"].tolist(), [[2, 4]])
        self.assertEqual(stream.states["h0"].tolist(), [[3, 6]])
        stream.reset()
        self.assertEqual(stream.run(x=self.x)["y"].tolist(), [[1, 2]])

    def test_take_states_and_give_copies(self):
        stream = self.model.session(states={"hn": "h0"})
        stream.states = {"h0": np.float32([[10, 20]])}
        other = stream.clone()
        self.assertEqual(stream.run(x=self.x)["y"].tolist(), [[11, 22]])
        self.assertEqual(other.run(x=self.x)["y"].tolist(), [[11, 22]])

    def test_a_file_names_its_states(self):
        path = self.folder / "stream.onnx"
        gf.compile(self.model, path, states={"hn": "h0"})
        model = gf.load(path)
        self.assertEqual(model.states, {"hn": "h0"})
        stream = model.session()
        stream.run(x=self.x)
        self.assertEqual(stream.run(x=self.x)["y"].tolist(), [[2, 4]])
        for _ in range(2):  # Runs of the model itself begin with zeros.
            self.assertEqual(model.run({"x": self.x})["y"].tolist(), [[1, 2]])

    def test_refuse_states_that_are_not_there(self):
        self.assert_refuses(
            "state cn=h0: the model has no output 'cn'",
            lambda: self.model.session(states={"cn": "h0"}),
        )

    def test_one_thread_at_a_time(self):
        model = self.load(
            "g (float[256,256] x, float[256,256] h) => (float[256,256] y) "
            "{ a = MatMul (x, h)\n b = MatMul (a, h)\n c = MatMul (b, h)\n y = MatMul (c, h) }"
        )
        stream = model.session(states={})
        ones = np.ones((256, 256), np.float32)
        refused = []

        def work():
            for _ in range(100):
                try:
                    stream.run(x=ones, h=ones)
                except gf.Error as error:
                    refused.append(str(error))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual(
            set(refused),
            {"the session is running in another thread; give each thread a session of its own"},
        )


class Files(ModelTest):
    def test_compile_writes_what_runs_the_same(self):
        compiled = self.folder / "compiled.onnx"
        tokens = np.array([[1, 2, 3]])
        gf.compile(LSTM, compiled)
        np.testing.assert_array_equal(
            gf.load(compiled).run({"tokens": tokens})["scores"],
            gf.load(LSTM).run({"tokens": tokens})["scores"],
        )
        self.assertEqual(gf.load(compiled).metadata["gatefold.compiled"], "inference")

    def test_compile_takes_a_loaded_model(self):
        compiled = self.folder / "compiled.onnxtxt"
        gf.compile(self.load(ADD, dims={"N": 3}), compiled)
        self.assertEqual(gf.load(compiled).inputs[0].shape, (3, 4))
        self.assert_refuses(
            "the model is loaded already; give dims and values to load",
            lambda: gf.compile(self.load(ADD), compiled, dims={"N": 3}),
        )

    def test_inspect_says_what_the_tool_says(self):
        facts = gf.inspect(LSTM)
        self.assertEqual(facts["ops"]["LSTM"], 1)
        self.assertEqual(facts["inputs"], [{"name": "tokens", "type": "int64[batch,time]"}])
        self.assertEqual(gf.inspect(LSTM.read_bytes())["ops"], facts["ops"])
        self.assertIn("<td>LSTM</td><td>1</td>", facts._repr_html_())
        json.dumps(facts)

    def test_a_notebook_shows_a_model(self):
        model = self.load(ADD)
        self.assertTrue(model._repr_svg_().startswith("<svg"))
        self.assertIn("<td>float[N,4]</td>", model._repr_html_())

    def test_test_runs_folders(self):
        report = gf.test(REPOSITORY / "examples" / "models", filter="char_*")
        self.assertTrue(report)
        self.assertEqual(repr(report), "<1 passed, 0 failed, 0 skipped>")
        self.assertEqual(report[0].kind, "model")
        self.assertEqual(pathlib.Path(report[0].path).name, "char_lstm")


class SharedMemory(ModelTest):
    """Arrays go in and out without copies."""

    def address(self, array):
        return array.__array_interface__["data"][0]

    def test_tensors_lie_over_arrays(self):
        array = np.float32([1, 2, 3])
        tensor = gf.Tensor(array)
        self.assertEqual((tensor.shape, tensor.dtype), ((3,), "float32"))
        self.assertEqual(self.address(tensor.numpy()), self.address(array))
        self.assertEqual(self.address(np.from_dlpack(tensor)), self.address(array))
        again = gf.Tensor(tensor)
        del array, tensor
        self.assertEqual(again.numpy().tolist(), [1, 2, 3])

    def test_models_take_what_speaks_dlpack(self):
        class Foreign:
            """Nothing but DLPack."""

            def __dlpack__(self):
                return X.__dlpack__()

        np.testing.assert_array_equal(self.load(ADD).run({"x": Foreign()})["y"], Y)

    def test_what_only_looks_like_dlpack_is_refused(self):
        class Liar:
            def __dlpack__(self):
                return 5

        self.assert_refuses(
            "__dlpack__ gives no capsule named 'dltensor'", lambda: gf.Tensor(Liar())
        )

    def test_bfloat16_has_a_name(self):
        tensor = gf.Tensor(np.array([0x3F80], np.uint16), dtype="bfloat16")
        self.assertEqual(tensor.dtype, "bfloat16")
        self.assert_refuses(
            "the array is float32 and not int64",
            lambda: gf.Tensor(np.float32([1]), dtype="int64"),
        )

    def test_a_capsule_that_nobody_takes_gives_back(self):
        gf.Tensor(np.float32([1])).__dlpack__()

    def test_memory_stays_bounded(self):
        def resident():
            with open("/proc/self/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * 4096

        model = self.load(ADD)
        path = self.write(ADD)
        for count in (200, 2000):
            for _ in range(count):
                model.run({"x": X.tolist()})
                model.run({"x": gf.Tensor(X)})
                gf.Tensor(X).__dlpack__()
            for _ in range(count // 10):
                gf.load(path).session(states={}).run({"x": X})
            if count == 200:
                before = resident()
        self.assertLess(resident() - before, 4 << 20)


if __name__ == "__main__":
    unittest.main()
