#include "tests/training_case.h"

#include "session/arrays/files.h"
#include "session/arrays/npz.h"
#include "session/arrays/slices.h"

namespace gatefold::test {

TrainingCase::TrainingCase(const std::string& name) {
  const auto folder = std::filesystem::path(GATEFOLD_SOURCE_DIR) / "tests/training" / name;
  model = folder / "model.onnx";
  plan_text = read_file(folder / "spec.json");
  plan = parse_training_plan(plan_text);
  expected = read_npz(folder / "expected.npz");
  for (const auto& [array, steps] : read_npz(folder / "data.npz")) {
    batches.resize(static_cast<std::size_t>(steps.dims()[0]));
    for (std::size_t i = 0; i < batches.size(); ++i) {
      batches[i][array] = entry_of(steps, static_cast<std::int64_t>(i));
    }
  }
}

}  // namespace gatefold::test
