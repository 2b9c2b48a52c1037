#include "python/bindings/inspection.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frontend/onnx_reader.h"
#include "language/pictures/graph_drawing.h"
#include "language/pictures/line_chart.h"
#include "language/pictures/training_log.h"
#include "passes/bind.h"
#include "python/bindings/bindings.h"
#include "python/bindings/settings.h"
#include "python/bindings/unlocked.h"
#include "tools/model_json.h"
#include "tools/model_summary.h"
#include "tools/test_case.h"

namespace gatefold::python {
namespace {

namespace py = pybind11;

std::string inspect_file(const std::filesystem::path& path, const DimSizes& dims) {
  const Unlocked unlocked;
  std::vector<ShapeContradiction> contradictions;
  const Model model = read_model(path, contradictions);
  bind_dims(*model.graph, dims);
  return tools::model_json(model, tools::summarize(*model.graph), contradictions);
}

std::string inspect_bytes(const py::bytes& bytes, const DimSizes& dims) {
  const std::string_view text = bytes;
  const Unlocked unlocked;
  const Model model = read_model_bytes(text);
  bind_dims(*model.graph, dims);
  return tools::model_json(model, tools::summarize(*model.graph), {});
}

/// Runs the tests at and below the folders; each outcome as kind, path, verdict, message, seconds.
py::list run_tests(const std::vector<std::filesystem::path>& folders, const std::string& filter,
                   int threads, const std::string& precision, double relative, double absolute) {
  constexpr std::array<const char*, 3> kVerdicts{"passed", "failed", "skipped"};
  const tools::TestOptions options{.tolerance = {.relative = relative, .absolute = absolute},
                                   .threads = threads,
                                   .products = precision_named(precision)};
  py::list outcomes;
  for (const tools::TestCase& test : tools::find_tests(folders, filter)) {
    tools::TestOutcome outcome;
    {
      const Unlocked unlocked;
      outcome = tools::run_isolated(test, options);
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    outcomes.append(py::make_tuple(std::string(test.kind->name), test.path.string(),
                                   kVerdicts[static_cast<std::size_t>(outcome.verdict)],
                                   outcome.message, outcome.seconds));
  }
  return outcomes;
}

/// Draws a metric over the steps: the fields are those of a log, as (step, number).
std::string draw_curve(const std::string& name,
                       const std::map<std::string, std::vector<std::pair<double, double>>>& fields,
                       const std::string& metric, bool with_rate) {
  TrainingLog log{.name = name};
  for (const auto& [field, points] : fields) {
    for (const auto& [step, number] : points) log.fields[field].push_back({step, number});
  }
  return draw(chart_of(std::array{log}, metric, with_rate));
}

}  // namespace

std::string describe_model(const Model& model) {
  return tools::model_json(model, tools::summarize(*model.graph), {});
}

std::optional<std::string> draw_model(const Model& model) {
  const Graph& graph = *model.graph;
  if (!is_drawable(graph)) return std::nullopt;
  return draw_graph(graph, graph.name());
}

void add_inspection(py::module_& module) {
  module.def("inspect", &inspect_bytes, py::arg("bytes"), py::arg("dims"));
  module.def("inspect", &inspect_file, py::arg("path"), py::arg("dims"));
  module.def("test", &run_tests, py::kw_only(), py::arg("folders"), py::arg("filter"),
             py::arg("threads"), py::arg("precision"), py::arg("rtol"), py::arg("atol"));
  module.def("draw_curve", &draw_curve, py::arg("name"), py::arg("fields"), py::arg("metric"),
             py::arg("with_rate"));
}

}  // namespace gatefold::python
