#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "ir/tensor.h"
#include "ir/type.h"

/// Python's arrays as tensors, and back. An array is a numpy array, an object with __dlpack__ such
/// as a PyTorch tensor, or what numpy.asarray takes. bfloat16 is numpy's uint16, or the type of
/// ml_dtypes where that is installed.
namespace gatefold::python {

namespace py = pybind11;

/// The objects whose memory tensors were made over. They must outlive the tensors.
using Owners = std::vector<py::object>;

/// Makes a tensor over an array's memory, without a copy where its strides and byte order allow,
/// and adds to `owners` what keeps the memory alive. Numbers that have no element type (lists,
/// Python's numbers) get `wanted`, and uint16 counts as bfloat16 where that is wanted. Throws Error
/// for element types that Gatefold lacks and for memory that is not the host's.
Tensor borrow_tensor(py::handle array, DataType wanted, Owners& owners);
/// Makes a tensor that keeps the array's memory alive by itself, wherever it ends.
Tensor own_tensor(py::handle array, DataType wanted = DataType::kUndefined);
/// Makes what an input of this type takes: a tensor, a list of arrays for a sequence, None for an
/// empty optional.
Datum borrow_datum(py::handle object, const Type& type, Owners& owners);

/// Makes a numpy array with memory of its own, whose elements are not set.
py::array empty_array(DataType dtype, const Dims& dims);
/// Makes a numpy array with a copy of the elements.
py::array to_array(const Tensor& tensor);
/// Makes a numpy array on the tensor's memory, which it keeps alive.
py::array shared_array(const Tensor& tensor);
/// Makes a numpy array, a list of them, or None.
py::object to_object(const Datum& datum);

/// Makes a capsule by which other libraries take the tensor's memory over; see dlpack.h.
py::capsule to_dlpack(const Tensor& tensor);

/// Returns numpy's name of an element type: "float32"; "bfloat16" for the one that it lacks.
std::string dtype_name(DataType dtype);
/// Returns the element type of such a name. Throws Error for others.
DataType dtype_named(const std::string& name);

}  // namespace gatefold::python
