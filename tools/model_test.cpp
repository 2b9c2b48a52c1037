#include <algorithm>
#include <charconv>
#include <map>

#include "ir/error.h"
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
  int number = -1;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() ? number : -1;
}

/// Entries of a folder named "<prefix>NUMBER<suffix>", by number.
std::map<int, fs::path> numbered_entries(const fs::path& folder, std::string_view prefix,
                                         std::string_view suffix) {
  std::map<int, fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const int number = number_in(entry.path().filename().string(), prefix, suffix);
    if (number >= 0) entries[number] = entry.path();
  }
  return entries;
}

std::vector<fs::path> tensor_files(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> files;
  for (const auto& [number, path] : numbered_entries(folder, prefix, ".pb")) {
    if (number != static_cast<int>(files.size())) {
      fail("'{}' lacks {}{}.pb", folder.string(), prefix, files.size());
    }
    files.push_back(path);
  }
  return files;
}

/// Runs one data set; throws Error naming the first output that is not as it should be.
void check_data_set(const DataSet& data_set, const Graph& graph, Context& context,
                    const Tolerance& tolerance) {
  const std::vector<Datum> expected = read_outputs(graph, data_set.outputs);
  const std::span<const Datum> actual = context.run(read_inputs(graph, data_set.inputs));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto difference = find_difference(actual[i], expected[i], tolerance);
    if (difference) fail("output '{}': {}", graph.outputs()[i].name, *difference);
  }
}

TestOutcome run(const fs::path& folder, const TestOptions& options) {
  std::string where;
  try {
    const std::vector<DataSet> data_sets = find_data_sets(folder);
    if (data_sets.empty()) return {Verdict::kSkipped, "has no test_data_set_0 with outputs"};
    const auto model = load(
        folder / "model.onnx",
        {.threads = options.threads, .precision = options.products, .optimize = options.optimize});
    Context context(model->executable());
    for (const DataSet& data_set : data_sets) {
      where = data_set.name + ": ";
      check_data_set(data_set, model->graph(), context, options.tolerance);
    }
  } catch (const std::exception& error) {
    return {Verdict::kFailed, where + error.what()};
  }
  return {};
}

}  // namespace

std::vector<DataSet> find_data_sets(const fs::path& folder) {
  std::vector<DataSet> data_sets;
  for (const auto& [number, path] : numbered_entries(folder, "test_data_set_", "")) {
    if (!fs::is_directory(path)) continue;
    DataSet data_set{path.filename().string(), tensor_files(path, "input_"),
                     tensor_files(path, "output_")};
    if (!data_set.outputs.empty()) data_sets.push_back(std::move(data_set));
  }
  return data_sets;
}

const TestKind kModelTest{
    .name = "model",
    .matches = [](const fs::path& path) { return fs::is_regular_file(path / "model.onnx"); },
    .run = run,
};

}  // namespace gatefold::tools
