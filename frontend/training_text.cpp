#include "frontend/training_text.h"

#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "ir/error.h"

namespace gatefold {
namespace {

using Kind = TrainingSection::Kind;

constexpr std::string_view kAlgorithmLine = "## algorithm";
constexpr std::string_view kInitializationLine = "## initialization";

std::optional<Kind> kind_of_heading(std::string_view line) {
  if (line.starts_with(kAlgorithmLine)) return Kind::kAlgorithm;
  if (line.starts_with(kInitializationLine)) return Kind::kInitialization;
  return std::nullopt;
}

// "# store OUTPUT in INITIALIZER"
std::optional<onnx::StringStringEntryProto> binding_of(const std::string& line) {
  std::istringstream words(line);
  std::string hash;
  std::string store;
  std::string output;
  std::string in;
  std::string initializer;
  words >> hash >> store >> output >> in >> initializer;
  if (hash != "#" || store != "store" || in != "in" || initializer.empty()) return std::nullopt;
  onnx::StringStringEntryProto entry;
  entry.set_key(initializer);
  entry.set_value(output);
  return entry;
}

}  // namespace

std::vector<TrainingSection> take_training_sections(std::string& text) {
  std::vector<TrainingSection> sections;
  std::string model;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const auto kind = kind_of_heading(line)) {
      sections.push_back({*kind, {}, {}});
    } else if (sections.empty()) {
      model += line + '\n';
    } else if (const auto binding = binding_of(line)) {
      sections.back().bindings.push_back(*binding);
    } else {
      sections.back().graph += line + '\n';
    }
  }
  text = std::move(model);
  return sections;
}

void add_training_section(const TrainingSection& section, onnx::GraphProto graph,
                          onnx::ModelProto& model) {
  auto& stages = *model.mutable_training_info();
  if (section.kind == Kind::kAlgorithm) {
    auto& stage = *stages.Add();
    *stage.mutable_algorithm() = std::move(graph);
    stage.mutable_update_binding()->Assign(section.bindings.begin(), section.bindings.end());
    return;
  }
  if (stages.empty()) fail("'{}' must follow the algorithm that it prepares", kInitializationLine);
  auto& stage = *stages.rbegin();
  *stage.mutable_initialization() = std::move(graph);
  stage.mutable_initialization_binding()->Assign(section.bindings.begin(), section.bindings.end());
}

}  // namespace gatefold
