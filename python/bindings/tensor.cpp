#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>

#include "ir/error.h"
#include "python/bindings/arrays.h"
#include "python/bindings/bindings.h"

namespace gatefold::python {
namespace {

/// Makes a tensor over an array, which may be of 16-bit integers that stand for bfloat16.
Tensor make_tensor(py::handle array, const std::optional<std::string>& dtype) {
  const DataType wanted = dtype ? dtype_named(*dtype) : DataType::kUndefined;
  Tensor tensor = own_tensor(array, wanted);
  if (wanted != DataType::kUndefined && tensor.dtype() != wanted) {
    fail("the array is {} and not {}", dtype_name(tensor.dtype()), *dtype);
  }
  return tensor;
}

py::tuple shape_of(const Tensor& tensor) {
  py::tuple shape(static_cast<std::size_t>(tensor.rank()));
  for (std::size_t i = 0; i < shape.size(); ++i) shape[i] = tensor.dims()[i];
  return shape;
}

}  // namespace

void add_tensor(py::module_& module) {
  py::class_<Tensor>(module, "Tensor",
                     "An array that other libraries take by DLPack, without a copy.")
      .def(py::init(&make_tensor), py::arg("array"), py::arg("dtype") = py::none(),
           "Shares the memory of an array: numpy's, PyTorch's, or another with __dlpack__.\n\n"
           "dtype: 'bfloat16' for an array of uint16 that holds such numbers.")
      .def_property_readonly("shape", &shape_of)
      .def_property_readonly("dtype",
                             [](const Tensor& tensor) { return dtype_name(tensor.dtype()); })
      .def("numpy", &shared_array, "Returns a numpy array on the same memory.")
      .def(
          "__array__",
          [](const Tensor& tensor, const py::object& dtype) -> py::object {
            py::array array = shared_array(tensor);
            return dtype.is_none() ? py::object(array) : array.attr("astype")(dtype);
          },
          py::arg("dtype") = py::none())
      .def(
          "__dlpack__",
          [](const Tensor& tensor, const py::object& /*stream*/) { return to_dlpack(tensor); },
          py::arg("stream") = py::none())
      .def("__dlpack_device__", [](const Tensor&) { return py::make_tuple(1, 0); })
      .def("__repr__", [](const Tensor& tensor) {
        return "gatefold.Tensor(" + to_string(tensor.type()) + ")";
      });
}

}  // namespace gatefold::python
