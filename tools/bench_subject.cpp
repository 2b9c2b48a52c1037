#include "tools/bench_subject.h"

#include <memory>

#include "frontend/onnx_reader.h"
#include "tools/test_case.h"
#include "tools/training/dataset.h"
#include "tools/training/trainer.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;

std::vector<Datum> make_inputs(const fs::path& path, const Graph& graph, std::uint64_t seed) {
  if (fs::is_directory(path)) {
    const std::vector<DataSet> data_sets = find_data_sets(path);
    if (!data_sets.empty()) return read_inputs(graph, data_sets.front().inputs);
  }
  return random_inputs(graph, seed);
}

}  // namespace

BenchSubject inference_subject(const fs::path& path, const LoadOptions& options,
                               std::uint64_t seed) {
  const fs::path file = fs::is_directory(path) ? path / "model.onnx" : path;
  const auto loaded = std::make_shared<LoadedModel>(load_model(file, options));
  return {file, loaded->context.get(),
          [loaded, inputs = make_inputs(path, *loaded->model.graph, seed)] {
            loaded->context->run(inputs);
          }};
}

BenchSubject training_subject(const fs::path& folder, const CompileOptions& options) {
  const fs::path file = folder / "model.onnx";
  const TrainingPlan plan = read_training_plan(folder / "spec.json");
  const Model model = read_model(file);
  const auto trainer = std::make_shared<Trainer>(*model.graph, plan, TrainingOutputs{}, options);
  Dataset dataset(folder / "data.npz", trainer->data_inputs(), plan.step.loss.target, {});
  return {file, &trainer->context(),
          [trainer, batch = dataset.batch(0, 0)] { trainer->step(batch); }};
}

}  // namespace gatefold::tools
