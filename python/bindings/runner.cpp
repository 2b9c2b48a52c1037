#include "python/bindings/runner.h"

#include <algorithm>
#include <utility>

#include "ir/error.h"
#include "python/bindings/unlocked.h"

namespace gatefold::python {
namespace {

std::vector<py::object> interned(const std::vector<ModelPort>& ports) {
  std::vector<py::object> names;
  for (const ModelPort& port : ports) {
    PyObject* name = PyUnicode_FromString(port.name.c_str());
    PyUnicode_InternInPlace(&name);
    names.push_back(py::reinterpret_steal<py::object>(name));
  }
  return names;
}

std::size_t position_of(const std::vector<py::object>& names, PyObject* name) {
  const auto is_same = [&](const py::object& other) { return other.ptr() == name; };
  auto found = std::find_if(names.begin(), names.end(), is_same);
  if (found == names.end() && PyUnicode_Check(name)) {
    found = std::find_if(names.begin(), names.end(), [&](const py::object& other) {
      return PyUnicode_Compare(other.ptr(), name) == 0;
    });
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

PortNames::PortNames(const CompiledModel& model)
    : inputs(interned(model.inputs())), outputs(interned(model.outputs())) {}

/// One use of a runner, after which it holds nothing of the caller's.
class Runner::Use {
 public:
  explicit Use(Runner& runner) : runner_(runner) {
    if (runner.is_running_) {
      fail("the session is running in another thread; give each thread a session of its own");
    }
    runner.is_running_ = true;
  }
  ~Use() {
    runner_.is_running_ = false;
    runner_.owners_.clear();
    std::fill(runner_.arrays_.begin(), runner_.arrays_.end(), py::object());
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  Runner& runner_;
};

Runner::Runner(Session session, std::shared_ptr<const PortNames> names)
    : session_(std::move(session)),
      names_(std::move(names)),
      is_carried_(names_->outputs.size()),
      last_(names_->outputs.size()),
      arrays_(names_->outputs.size()),
      inputs_(names_->inputs.size()) {
  const std::vector<ModelPort>& outputs = session_.model().outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    is_carried_[i] =
        std::any_of(session_.carried().begin(), session_.carried().end(),
                    [&](const CarriedState& state) { return state.output == outputs[i].name; });
  }
}

void Runner::take(const py::dict& feeds) {
  std::fill(inputs_.begin(), inputs_.end(), Datum());
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t place = 0; PyDict_Next(feeds.ptr(), &place, &name, &value) != 0;) {
    const std::size_t position = position_of(names_->inputs, name);
    // An unknown name is refused with the names that there are.
    if (position == inputs_.size()) session_.model().input(std::string(py::str(name)));
    inputs_[position] = borrow_datum(value, session_.model().inputs()[position].type, owners_);
  }
}

// An output of the extents that it had in the call before is computed in the array that is handed
// out.
void Runner::offer_memory() {
  for (std::size_t i = 0; i < last_.size(); ++i) {
    if (is_carried_[i]) continue;
    Tensor memory;
    const auto& [dtype, dims] = last_[i];
    if (dtype != DataType::kUndefined) {
      py::array array = empty_array(dtype, dims);
      memory = Tensor::view(dtype, dims, array.mutable_data());
      arrays_[i] = std::move(array);
    }
    session_.set_output(i, std::move(memory));
  }
}

py::dict Runner::deliver(std::span<const Datum> outputs) {
  py::dict result;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto* tensor = std::get_if<Tensor>(&outputs[i]);
    py::object array = std::move(arrays_[i]);
    const bool is_there = tensor != nullptr && array &&
                          py::reinterpret_borrow<py::array>(array).data() == tensor->raw();
    if (!is_there) array = to_object(outputs[i]);
    last_[i] = tensor == nullptr ? Extents() : Extents{tensor->dtype(), tensor->dims()};
    PyDict_SetItem(result.ptr(), names_->outputs[i].ptr(), array.ptr());
  }
  return result;
}

py::dict Runner::run(const py::dict& feeds, bool reset) {
  const Use use(*this);
  if (reset) session_.reset();
  take(feeds);
  offer_memory();
  std::span<const Datum> outputs;
  {
    const Unlocked unlocked;
    outputs = session_.run(std::span<const Datum>(inputs_));
  }
  return deliver(outputs);
}

}  // namespace gatefold::python
