#include "python/bindings/arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "ir/error.h"
#include "python/bindings/dlpack.h"

namespace gatefold::python {
namespace {

/// An element type in the three languages that it is told in.
struct ElementRow {
  DataType dtype;
  const char* name;     ///< numpy's.
  char kind;            ///< numpy's.
  std::uint8_t size;    ///< Bytes.
  std::uint8_t dlpack;  ///< DLPack's code.
};

constexpr std::array<ElementRow, 13> kElements{{
    {DataType::kFloat32, "float32", 'f', 4, dlpack::kFloat},
    {DataType::kInt64, "int64", 'i', 8, dlpack::kInt},
    {DataType::kFloat64, "float64", 'f', 8, dlpack::kFloat},
    {DataType::kInt32, "int32", 'i', 4, dlpack::kInt},
    {DataType::kBool, "bool", 'b', 1, dlpack::kBool},
    {DataType::kFloat16, "float16", 'f', 2, dlpack::kFloat},
    {DataType::kInt8, "int8", 'i', 1, dlpack::kInt},
    {DataType::kInt16, "int16", 'i', 2, dlpack::kInt},
    {DataType::kUint8, "uint8", 'u', 1, dlpack::kUint},
    {DataType::kUint16, "uint16", 'u', 2, dlpack::kUint},
    {DataType::kUint32, "uint32", 'u', 4, dlpack::kUint},
    {DataType::kUint64, "uint64", 'u', 8, dlpack::kUint},
    {DataType::kBfloat16, "bfloat16", 'V', 2, dlpack::kBfloat},
}};

const ElementRow& row_of(DataType dtype) {
  return *std::find_if(kElements.begin(), kElements.end(),
                       [&](const ElementRow& row) { return row.dtype == dtype; });
}

template <typename Condition>
DataType find_type(const Condition& condition) {
  const auto* found = std::find_if(kElements.begin(), kElements.end(), condition);
  return found == kElements.end() ? DataType::kUndefined : found->dtype;
}

/// numpy's types by ours, made when they are first asked for and kept as long as the process.
py::dtype numpy_type(DataType dtype) {
  static std::array<PyObject*, 17> types{};
  PyObject*& type = types.at(static_cast<std::size_t>(dtype));
  if (type == nullptr) {
    py::object source = py::str(row_of(dtype).name);
    if (dtype == DataType::kBfloat16) {
      try {
        source = py::module_::import("ml_dtypes").attr("bfloat16");
      } catch (const py::error_already_set& error) {
        if (!error.matches(PyExc_ImportError)) throw;
        source = py::str("uint16");
      }
    }
    type = py::dtype::from_args(source).release().ptr();
  }
  return py::reinterpret_borrow<py::dtype>(type);
}

DataType type_of(const py::dtype& dtype) {
  const char kind = dtype.kind();
  const auto size = static_cast<std::size_t>(dtype.itemsize());
  const DataType found =
      find_type([&](const ElementRow& row) { return row.kind == kind && row.size == size; });
  if (found != DataType::kUndefined &&
      (kind != 'V' || py::str(dtype.attr("name")).equal(py::str("bfloat16")))) {
    return found;
  }
  fail("arrays of element type {} are not supported",
       std::string(py::str(static_cast<const py::object&>(dtype))));
}

DataType seen_as(DataType dtype, DataType wanted) {
  return dtype == DataType::kUint16 && wanted == DataType::kBfloat16 ? wanted : dtype;
}

bool can_be_read_in_place(const py::array& array) {
  using py::detail::npy_api;
  constexpr int kNeeded = npy_api::NPY_ARRAY_C_CONTIGUOUS_ | npy_api::NPY_ARRAY_ALIGNED_;
  return (array.flags() & kNeeded) == kNeeded && array.dtype().byteorder() != '>';
}

py::object numpy() { return py::module_::import("numpy"); }

Tensor borrow_array(py::array array, DataType wanted, Owners& owners) {
  if (!can_be_read_in_place(array)) {
    array = numpy().attr("array")(array, array.dtype().attr("newbyteorder")("="),
                                  py::arg("order") = "C");
  }
  const DataType dtype = seen_as(type_of(array.dtype()), wanted);
  Dims dims(array.shape(), array.shape() + array.ndim());
  auto* memory = const_cast<void*>(array.data());
  owners.push_back(std::move(array));
  return Tensor::view(dtype, std::move(dims), memory);
}

/// Takes numbers that have no element type. What would lose digits, such as 0.5 among integers, is
/// refused by numpy.
Tensor borrow_numbers(py::handle numbers, DataType wanted, Owners& owners) {
  py::object array = numpy().attr("asarray")(numbers);
  if (wanted != DataType::kUndefined) {
    array = array.attr("astype")(numpy_type(wanted), py::arg("casting") = "same_kind",
                                 py::arg("copy") = false);
  }
  return borrow_array(array, wanted, owners);
}

bool is_row_major(const dlpack::View& view) {
  if (view.strides == nullptr) return true;
  std::int64_t stride = 1;
  for (std::int32_t axis = view.rank - 1; axis >= 0; --axis) {
    if (view.extents[axis] != 1 && view.strides[axis] != stride) return false;
    stride *= view.extents[axis];
  }
  return true;
}

/// Takes a capsule over: its tensor is given back when the result, which holds it, ends.
py::capsule take_over(py::capsule capsule, dlpack::ManagedTensor& tensor) {
  capsule.set_name(dlpack::kUsedCapsule);
  return {&tensor, [](void* taken) {
            auto* managed = static_cast<dlpack::ManagedTensor*>(taken);
            if (managed->give_back != nullptr) managed->give_back(managed);
          }};
}

Tensor borrow_dlpack(py::handle object, DataType wanted, Owners& owners) {
  const py::object answer = object.attr("__dlpack__")();
  if (PyCapsule_IsValid(answer.ptr(), dlpack::kCapsule) == 0) {
    fail("__dlpack__ gives no capsule named '{}'", dlpack::kCapsule);
  }
  const auto capsule = py::reinterpret_borrow<py::capsule>(answer);
  auto& managed = *capsule.get_pointer<dlpack::ManagedTensor>();
  const dlpack::View& view = managed.view;
  if (view.device.type != dlpack::kCpu) {
    fail("the tensor is not in the host's memory; bring it there first, as by cpu()");
  }
  const DataType dtype = find_type([&](const ElementRow& row) {
    return row.dlpack == view.type.code && 8 * row.size == view.type.bits;
  });
  if (dtype == DataType::kUndefined || view.type.lanes != 1) {
    fail("tensors of DLPack's element type {} with {} bits are not supported", view.type.code,
         view.type.bits);
  }
  if (!is_row_major(view)) {
    if (dtype != DataType::kBfloat16) {
      return borrow_array(numpy().attr("from_dlpack")(object), wanted, owners);
    }
    fail("the tensor of bfloat16 is not contiguous; make it so, as by contiguous()");
  }
  owners.push_back(take_over(capsule, managed));
  return Tensor::view(seen_as(dtype, wanted), Dims(view.extents, view.extents + view.rank),
                      static_cast<std::byte*>(view.data) + view.byte_offset);
}

Sequence borrow_sequence(py::handle object, const Type& type, Owners& owners) {
  const DataType dtype = type.element == nullptr ? DataType::kUndefined : type.element->dtype;
  std::vector<Tensor> tensors;
  for (const py::handle item : object) tensors.push_back(borrow_tensor(item, dtype, owners));
  return Sequence(tensors);
}

}  // namespace

Tensor borrow_tensor(py::handle array, DataType wanted, Owners& owners) {
  if (py::isinstance<py::array>(array)) {
    return borrow_array(py::reinterpret_borrow<py::array>(array), wanted, owners);
  }
  if (py::isinstance<Tensor>(array)) {
    owners.push_back(py::reinterpret_borrow<py::object>(array));
    const auto& tensor = array.cast<const Tensor&>();
    return Tensor::view(seen_as(tensor.dtype(), wanted), tensor.dims(),
                        const_cast<std::byte*>(tensor.raw()));
  }
  if (py::hasattr(array, "__dlpack__")) return borrow_dlpack(array, wanted, owners);
  return borrow_numbers(array, wanted, owners);
}

Tensor own_tensor(py::handle array, DataType wanted) {
  auto* owners = new Owners;
  const auto end = [owners](std::byte*) {
    const py::gil_scoped_acquire locked;
    delete owners;
  };
  const std::shared_ptr<std::byte> holder(nullptr, end);
  Tensor tensor = borrow_tensor(array, wanted, *owners);
  return Tensor::over(tensor.dtype(), tensor.dims(), {holder, tensor.raw()});
}

Datum borrow_datum(py::handle object, const Type& type, Owners& owners) {
  if (type.kind == Type::Kind::kTensor) return borrow_tensor(object, type.dtype, owners);
  if (object.is_none()) return std::monostate();
  const bool is_list = py::isinstance<py::list>(object) || py::isinstance<py::tuple>(object);
  const Type& inner = type.kind == Type::Kind::kOptional ? *type.element : type;
  if (is_list && !inner.is_tensor()) return borrow_sequence(object, inner, owners);
  return borrow_tensor(object, inner.dtype, owners);
}

py::array empty_array(DataType dtype, const Dims& dims) {
  const auto& numpy = py::detail::npy_api::get();
  PyObject* array = numpy.PyArray_NewFromDescr_(
      numpy.PyArray_Type_, numpy_type(dtype).release().ptr(), static_cast<int>(dims.size()),
      dims.data(), /*strides=*/nullptr, /*data=*/nullptr, /*flags=*/0, /*object=*/nullptr);
  if (array == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::array>(array);
}

py::array to_array(const Tensor& tensor) {
  py::array array = empty_array(tensor.dtype(), tensor.dims());
  std::memcpy(array.mutable_data(), tensor.raw(), tensor.bytes());
  return array;
}

py::array shared_array(const Tensor& tensor) {
  const py::capsule owner(new Tensor(tensor),
                          [](void* held) { delete static_cast<Tensor*>(held); });
  return {numpy_type(tensor.dtype()),
          std::vector<py::ssize_t>(tensor.dims().begin(), tensor.dims().end()), tensor.raw(),
          owner};
}

py::object to_object(const Datum& datum) {
  if (const auto* tensor = std::get_if<Tensor>(&datum)) return to_array(*tensor);
  if (const auto* sequence = std::get_if<Sequence>(&datum)) {
    py::list list;
    for (const Tensor& tensor : sequence->tensors()) list.append(to_array(tensor));
    return list;
  }
  return py::none();
}

py::capsule to_dlpack(const Tensor& tensor) {
  struct Handed {
    Tensor tensor;
    std::vector<std::int64_t> extents;
    dlpack::ManagedTensor managed;
  };
  auto* handed = new Handed{tensor, {tensor.dims().begin(), tensor.dims().end()}, {}};
  const auto bits = static_cast<std::uint8_t>(8 * size_of(tensor.dtype()));
  handed->managed = {
      {handed->tensor.raw(),
       {dlpack::kCpu, 0},
       static_cast<std::int32_t>(handed->extents.size()),
       {row_of(tensor.dtype()).dlpack, bits, 1},
       handed->extents.data(),
       nullptr,
       0},
      handed,
      [](dlpack::ManagedTensor* self) { delete static_cast<Handed*>(self->context); }};
  // A capsule that nobody has taken over gives its tensor back itself.
  PyObject* capsule = PyCapsule_New(&handed->managed, dlpack::kCapsule, [](PyObject* object) {
    if (PyCapsule_IsValid(object, dlpack::kCapsule) == 0) return;
    auto* managed =
        static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(object, dlpack::kCapsule));
    managed->give_back(managed);
  });
  return py::reinterpret_steal<py::capsule>(capsule);
}

std::string dtype_name(DataType dtype) { return row_of(dtype).name; }

DataType dtype_named(const std::string& name) {
  const DataType found = find_type([&](const ElementRow& row) { return row.name == name; });
  if (found == DataType::kUndefined) fail("there is no element type '{}'", name);
  return found;
}

}  // namespace gatefold::python
