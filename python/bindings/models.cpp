#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "python/bindings/arrays.h"
#include "python/bindings/bindings.h"
#include "python/bindings/inspection.h"
#include "python/bindings/runner.h"
#include "python/bindings/settings.h"
#include "python/bindings/unlocked.h"
#include "session/compiled_model.h"
#include "session/session.h"

namespace gatefold::python {
namespace {

using StateArrays = std::map<std::string, py::object>;

/// A compiled model with the runners that its calls have left: a call takes one that is idle, or
/// makes one, so that any number of threads run one model at a time.
class SharedModel {
 public:
  explicit SharedModel(std::shared_ptr<const CompiledModel> model)
      : model_(std::move(model)), names_(std::make_shared<PortNames>(*model_)) {}

  const CompiledModel& model() const { return *model_; }

  py::dict run(const py::dict& feeds) {
    if (idle_.empty()) idle_.push_back(std::make_unique<Runner>(Session(model_), names_));
    std::unique_ptr<Runner> runner = std::move(idle_.back());
    idle_.pop_back();
    py::dict outputs = runner->run(feeds, /*reset=*/true);
    idle_.push_back(std::move(runner));
    return outputs;
  }

  std::unique_ptr<Runner> session(const std::optional<StatePairs>& states) const {
    return std::make_unique<Runner>(
        states ? Session(model_, states_from(*states)) : Session(model_), names_);
  }

  std::unique_ptr<Runner> clone(Runner& runner) const {
    return std::make_unique<Runner>(runner.session().clone(), names_);
  }

 private:
  std::shared_ptr<const CompiledModel> model_;
  std::shared_ptr<const PortNames> names_;
  std::vector<std::unique_ptr<Runner>> idle_;
};

/// A session together with what makes another one of it.
struct Stream {
  std::shared_ptr<SharedModel> model;
  std::unique_ptr<Runner> runner;

  Session& session() const { return runner->session(); }
};

LoadOptions load_options(int threads, const DimSizes& dims, const std::string& precision,
                         const std::string& kernels,
                         const std::map<std::string, py::object>& values, bool optimize) {
  LoadOptions options{.threads = threads,
                      .precision = precision_named(precision),
                      .dims = dims,
                      .optimize = optimize,
                      .kernels = kernels_named(kernels)};
  for (const auto& [name, value] : values) options.values[name] = own_tensor(value).clone();
  return options;
}

/// Loads a path or bytes, while other threads run.
template <typename Source>
std::shared_ptr<SharedModel> load_unlocked(const Source& source, const LoadOptions& options) {
  std::shared_ptr<const CompiledModel> model;
  {
    const Unlocked unlocked;
    model = load(source, options);
  }
  return std::make_shared<SharedModel>(std::move(model));
}

std::shared_ptr<SharedModel> load_file(const std::filesystem::path& path, int threads,
                                       const DimSizes& dims, const std::string& precision,
                                       const std::string& kernels,
                                       const std::map<std::string, py::object>& values,
                                       bool optimize) {
  return load_unlocked(path, load_options(threads, dims, precision, kernels, values, optimize));
}

std::shared_ptr<SharedModel> load_bytes(const py::bytes& bytes, int threads, const DimSizes& dims,
                                        const std::string& precision, const std::string& kernels,
                                        const std::map<std::string, py::object>& values,
                                        bool optimize) {
  const std::string_view text = bytes;
  return load_unlocked(std::as_bytes(std::span(text)),
                       load_options(threads, dims, precision, kernels, values, optimize));
}

void write_model_file(const SharedModel& model, const std::filesystem::path& path,
                      const std::optional<StatePairs>& states) {
  const std::vector<CarriedState> carried = states ? states_from(*states) : model.model().states();
  const Unlocked unlocked;
  write_compiled(model.model(), carried, path);
}

/// The extents of a port: numbers, names, and None for what is not known; None for no rank.
py::object shape_of(const ModelPort& port) {
  if (!port.type.is_tensor() || !port.type.has_rank()) return py::none();
  py::tuple shape(static_cast<std::size_t>(port.type.rank()));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const Dim& dim = (*port.type.shape)[i];
    if (dim.is_known()) {
      shape[i] = dim.size();
    } else if (dim.is_symbol()) {
      shape[i] = dim.symbol();
    } else {
      shape[i] = py::none();
    }
  }
  return shape;
}

py::object dtype_of(const ModelPort& port) {
  if (!port.type.is_tensor()) return py::none();
  return py::str(dtype_name(port.type.dtype));
}

void set_states(const Stream& stream, const StateArrays& arrays) {
  Owners owners;
  std::map<std::string, Tensor> states;
  for (const auto& [name, array] : arrays) {
    states[name] = borrow_tensor(array, stream.model->model().input(name).type.dtype, owners);
  }
  stream.session().set_states(states);
}

py::dict states_of(const Stream& stream) {
  py::dict states;
  for (const auto& [name, tensor] : stream.session().get_states()) {
    states[py::str(name)] = shared_array(tensor);
  }
  return states;
}

/// The entries of a mapping, without a copy if it is a dictionary.
py::dict dict_of(const py::object& mapping) {
  if (py::isinstance<py::dict>(mapping)) return py::reinterpret_borrow<py::dict>(mapping);
  return py::dict(mapping);
}

/// The arrays of a call by name: those of the mapping and those given by keywords.
py::dict joined(const py::object& feeds, const py::kwargs& named) {
  if (feeds.is_none()) return named;
  if (named.empty()) return dict_of(feeds);
  py::dict all;
  all.attr("update")(feeds);
  for (const auto& [name, array] : named) all[name] = array;
  return all;
}

void add_port(py::module_& module) {
  py::class_<ModelPort>(module, "Port", "An input or output of a model.")
      .def_readonly("name", &ModelPort::name)
      .def_property_readonly(
          "type", [](const ModelPort& port) { return to_string(port.type); },
          "The type in ONNX's text syntax: 'float[batch,3]'.")
      .def_property_readonly("dtype", &dtype_of, "The name of numpy's type; None for a list.")
      .def_property_readonly("shape", &shape_of,
                             "Numbers, names of open extents, None for unknown ones.")
      .def("__repr__", [](const ModelPort& port) {
        return "gatefold.Port(" + to_string(port.type) + " " + port.name + ")";
      });
}

void add_session(py::module_& module) {
  py::class_<Stream>(module, "Session",
                     "A stream of calls of a model, with the states that it carries from call to "
                     "call. One thread at a time may use it.")
      .def(
          "run",
          [](const Stream& stream, const py::object& feeds, const py::kwargs& named) {
            return stream.runner->run(joined(feeds, named), /*reset=*/false);
          },
          py::arg("feeds") = py::none(), py::pos_only(),
          "Runs the model once on arrays by the names of the inputs, and returns the outputs by "
          "name.\n\nA state that is given wins over the carried one; one that was never set is "
          "zero.")
      .def(
          "reset", [](const Stream& stream) { stream.session().reset(); },
          "Sets all states to zero.")
      .def(
          "clone",
          [](const Stream& stream) {
            return Stream{stream.model, stream.model->clone(*stream.runner)};
          },
          "Makes another session that continues from copies of the states.")
      .def_property("states", &states_of, &set_states,
                    "Copies of the states by the names of their inputs, without those not yet set.")
      .def_property_readonly(
          "carried", [](const Stream& stream) { return pairs_from(stream.session().carried()); },
          "Which output is carried into which input.");
}

void add_model(py::module_& module) {
  py::class_<SharedModel, std::shared_ptr<SharedModel>>(
      module, "Model", "A compiled model. Any number of threads may run it at a time.")
      .def(py::init(&load_bytes), py::arg("bytes"), py::kw_only(), py::arg("threads"),
           py::arg("dims"), py::arg("precision"), py::arg("kernels"), py::arg("values"),
           py::arg("optimize"))
      .def(py::init(&load_file), py::arg("path"), py::kw_only(), py::arg("threads"),
           py::arg("dims"), py::arg("precision"), py::arg("kernels"), py::arg("values"),
           py::arg("optimize"))
      .def(
          "run",
          [](SharedModel& model, const py::object& feeds) { return model.run(dict_of(feeds)); },
          py::arg("feeds"),
          "Runs the model once on arrays by the names of the inputs, and returns the outputs by "
          "name.\n\nArrays are numpy's or speak DLPack; they are read in place where their "
          "strides allow. States that are not given are zero.")
      .def("_session",
           [](const std::shared_ptr<SharedModel>& model, const std::optional<StatePairs>& states) {
             return Stream{model, model->session(states)};
           })
      .def("_write", &write_model_file)
      .def("_describe",
           [](const SharedModel& model) { return describe_model(model.model().model()); })
      .def("_repr_svg_", [](const SharedModel& model) { return draw_model(model.model().model()); })
      .def_property_readonly("inputs",
                             [](const SharedModel& model) { return model.model().inputs(); })
      .def_property_readonly("outputs",
                             [](const SharedModel& model) { return model.model().outputs(); })
      .def_property_readonly(
          "states", [](const SharedModel& model) { return pairs_from(model.model().states()); },
          "The states that the file names: outputs and the inputs that they are carried into.")
      .def_property_readonly(
          "metadata", [](const SharedModel& model) { return model.model().model().metadata; },
          "What the file says beside its graph, by key.")
      .def_property_readonly(
          "producer", [](const SharedModel& model) { return model.model().model().producer; },
          "Name and version of the exporter.")
      .def_property_readonly(
          "name", [](const SharedModel& model) { return model.model().graph().name(); },
          "The name of the graph.");
}

}  // namespace

void add_models(py::module_& module) {
  add_port(module);
  add_session(module);
  add_model(module);
}

}  // namespace gatefold::python
