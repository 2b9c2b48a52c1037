#include <algorithm>
#include <map>
#include <optional>

#include "ir/error.h"
#include "ir/number_text.h"
#include "session/compiled_model.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/test_case.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;
using Verdict = TestOutcome::Verdict;

/// The number in a file name "<prefix>12<suffix>"; -1 for any other name.
int number_in(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return -1;
  name.remove_prefix(prefix.size());
  if (name.size() <= suffix.size()) return -1;
  name.remove_suffix(suffix.size());
  return number_from_text<int>(name).value_or(-1);
}

using NumberedFiles = std::map<std::size_t, fs::path>;

/// Entries of a folder named "<prefix>NUMBER<suffix>", by number.
NumberedFiles numbered_entries(const fs::path& folder, std::string_view prefix,
                               std::string_view suffix) {
  NumberedFiles entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const int number = number_in(entry.path().filename().string(), prefix, suffix);
    if (number >= 0) entries[static_cast<std::size_t>(number)] = entry.path();
  }
  return entries;
}

std::vector<fs::path> input_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& [number, path] : numbered_entries(folder, "input_", ".pb")) {
    if (number != files.size()) fail("'{}' lacks input_{}.pb", folder.string(), files.size());
    files.push_back(path);
  }
  return files;
}

/// Runs one data set; throws Error naming the first output that is not as it should be. Returns
/// the names of the outputs that it has no files for, as "'h', 'c'".
std::string check_data_set(const DataSet& data_set, const Graph& graph, Context& context,
                           const Tolerance& tolerance) {
  const std::vector<std::optional<Datum>> expected = read_outputs(graph, data_set.outputs);
  const std::span<const Datum> actual = context.run(read_inputs(graph, data_set.inputs));
  std::string not_compared;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string& name = graph.outputs()[i].name;
    if (!expected[i]) {
      not_compared += fmt::format("{}'{}'", not_compared.empty() ? "" : ", ", name);
      continue;
    }
    const auto difference = find_difference(actual[i], *expected[i], tolerance);
    if (difference) fail("output '{}': {}", name, *difference);
  }
  return not_compared;
}

TestOutcome run(const fs::path& folder, const TestOptions& options) {
  std::string where;
  TestOutcome outcome;
  try {
    const std::vector<DataSet> data_sets = find_data_sets(folder);
    if (std::all_of(data_sets.begin(), data_sets.end(),
                    [](const DataSet& data_set) { return data_set.outputs.empty(); })) {
      return {Verdict::kSkipped, "has no test_data_set_0 with outputs"};
    }
    const auto model = load(folder / "model.onnx", {.threads = options.threads,
                                                    .precision = options.products,
                                                    .optimize = options.optimize,
                                                    .kernels = options.kernels});
    Context context(model->executable());
    for (const DataSet& data_set : data_sets) {
      where = data_set.name + ": ";
      const std::string not_compared =
          check_data_set(data_set, model->graph(), context, options.tolerance);
      if (not_compared.empty()) continue;
      outcome.message += fmt::format("{}{}not compared, for there is no file: {}",
                                     outcome.message.empty() ? "" : "; ", where, not_compared);
    }
  } catch (const std::exception& error) {
    return {Verdict::kFailed, where + error.what()};
  }
  return outcome;
}

}  // namespace

std::vector<DataSet> find_data_sets(const fs::path& folder) {
  std::vector<DataSet> data_sets;
  for (const auto& [number, path] : numbered_entries(folder, "test_data_set_", "")) {
    if (!fs::is_directory(path)) continue;
    DataSet data_set{path.filename().string(), input_files(path),
                     numbered_entries(path, "output_", ".pb")};
    if (data_set.inputs.empty() && data_set.outputs.empty()) continue;
    data_sets.push_back(std::move(data_set));
  }
  return data_sets;
}

const TestKind kModelTest{
    .name = "model",
    .matches = [](const fs::path& path) { return fs::is_regular_file(path / "model.onnx"); },
    .run = run,
};

}  // namespace gatefold::tools
