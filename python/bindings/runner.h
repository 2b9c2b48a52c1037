#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <vector>

#include "python/bindings/arrays.h"
#include "session/session.h"

namespace gatefold::python {

namespace py = pybind11;

/// The names of a model's inputs and outputs as Python objects, which dictionaries find by address.
struct PortNames {
  explicit PortNames(const CompiledModel& model);

  std::vector<py::object> inputs;
  std::vector<py::object> outputs;
};

/// Runs a session on arrays of Python and makes arrays of its outputs, most of which are computed
/// in the memory of the arrays themselves.
class Runner {
 public:
  Runner(Session session, std::shared_ptr<const PortNames> names);

  /// Runs once: `feeds` holds arrays by name; without `reset` the session's states go on. Returns
  /// the outputs by name. Throws Error as Session::run does.
  py::dict run(const py::dict& feeds, bool reset);

  Session& session() { return session_; }

 private:
  class Use;

  void take(const py::dict& feeds);
  void offer_memory();
  py::dict deliver(std::span<const Datum> outputs);

  Session session_;
  std::shared_ptr<const PortNames> names_;
  std::vector<bool> is_carried_;  // One per output.
  /// The element type and the extents of an output.
  struct Extents {
    DataType dtype = DataType::kUndefined;
    Dims dims = {};
  };
  std::vector<Extents> last_;       // Of the outputs of the call before, if they are tensors.
  std::vector<py::object> arrays_;  // Where the session may write outputs; null: nowhere.
  std::vector<Datum> inputs_;
  Owners owners_;
  bool is_running_ = false;
};

}  // namespace gatefold::python
