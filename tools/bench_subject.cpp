#include "tools/bench_subject.h"

#include <memory>
#include <utility>

#include "frontend/onnx_reader.h"
#include "session/training/dataset.h"
#include "session/training/trainer.h"
#include "tools/inputs.h"
#include "tools/resident_memory.h"
#include "tools/stopwatch.h"
#include "tools/test_case.h"

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
                               const InputValues& values, std::uint64_t seed) {
  BenchSubject subject{.model = fs::is_directory(path) ? path / "model.onnx" : path};
  Stopwatch stopwatch;
  Model model = read_model(subject.model);
  subject.read = stopwatch.lap();
  bind_inputs(*model.graph, options.dims, values);
  const auto compiled = load(std::move(model), {.threads = options.threads,
                                                .precision = options.precision,
                                                .optimize = options.optimize,
                                                .kernels = options.kernels});
  const auto context = std::make_shared<Context>(compiled->executable());
  subject.compile = stopwatch.lap();
  subject.context = context.get();
  subject.run = [context, inputs = make_inputs(path, compiled->graph(), seed)] {
    context->run(inputs);
  };
  return subject;
}

BenchSubject training_subject(const fs::path& folder, std::int64_t checkpoint_every,
                              const CompileOptions& options) {
  BenchSubject subject{.model = folder / "model.onnx"};
  TrainingPlan plan = read_training_plan(folder / "spec.json");
  if (checkpoint_every > 0) plan.step.checkpoint_every = checkpoint_every;
  Stopwatch stopwatch;
  Model model = read_model(subject.model);
  subject.read = stopwatch.lap();
  const auto trainer = std::make_shared<Trainer>(*model.graph, plan, TrainingOutputs{}, options);
  model.graph.reset();
  subject.compile = stopwatch.lap();
  subject.context = &trainer->context();
  Dataset dataset({.path = folder / "data.npz"}, trainer->data_inputs(), plan.step.loss.target, {});
  subject.run = [trainer, batch = dataset.batch(0, 0)] { trainer->step(batch); };
  return_freed_memory();
  return subject;
}

}  // namespace gatefold::tools
