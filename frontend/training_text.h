#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

namespace gatefold {

/// A graph of training in a text, as print(Model) writes it.
struct TrainingSection {
  enum class Kind : std::int8_t { kAlgorithm, kInitialization };

  Kind kind;
  /// Pairs of an initializer and the output that is stored in it.
  std::vector<onnx::StringStringEntryProto> bindings;
  std::string graph;
};

/// Takes the sections that start with "## algorithm" and "## initialization" off the end of a text.
std::vector<TrainingSection> take_training_sections(std::string& text);

/// Puts a section into the model; `graph` is its parsed graph. Throws Error for an initialization
/// without an algorithm before it.
void add_training_section(const TrainingSection& section, onnx::GraphProto graph,
                          onnx::ModelProto& model);

}  // namespace gatefold
