"""Exports modules that are given as source text, traced or scripted, with PyTorch 1.13."""

import io
import linecache
import warnings

import onnx
import torch

torch.set_num_threads(1)


def make_module(text, parameters):
    """An instance of the class Spelled in the text, with these parameters."""
    file = f"<spelling {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)  # TorchScript reads it there.
    names = {"__name__": "spelling"}
    exec(compile(text, file, "exec"), names)
    module = names["Spelled"]()
    for name, array in parameters.items():
        module.register_parameter(name, torch.nn.Parameter(torch.tensor(array)))
    return module.eval()


def export(module, inputs, outputs, dynamic, scripted, opset, folding):
    """The ONNX model of a module: `inputs` are arrays by name, `outputs` names, `dynamic` names of axes by
    input and axis."""
    arguments = tuple(torch.tensor(array) for array in inputs.values())
    if scripted:
        module = torch.jit.script(module)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, arguments, file, input_names=list(inputs), output_names=outputs,
                          dynamic_axes=dynamic, opset_version=opset, do_constant_folding=folding)
    return onnx.load_from_string(file.getvalue())
