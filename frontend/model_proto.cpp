#include "frontend/model_proto.h"

#include <onnx/defs/parser.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <utility>

#include "frontend/node_order.h"
#include "frontend/training_text.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

template <typename Message>
void parse_text(const std::string& text, Message& message) {
  onnx::OnnxParser parser(text.c_str());
  try {
    const auto status = parser.Parse(message);
    if (!status.IsOK()) fail("{}", status.ErrorMessage());
  } catch (const std::logic_error& error) {
    // Numbers that the standard library cannot convert.
    fail("{}: {}", parser.GetCurrentPos(), error.what());
  }
  if (!parser.EndOfInput()) fail("{}: text follows the end of the model", parser.GetCurrentPos());
}

// Whether the text starts with the header of a model rather than with a graph.
bool has_model_header(std::string_view text) {
  while (!text.empty()) {
    if (text.front() == '#') {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else if (std::isspace(static_cast<unsigned char>(text.front())) != 0) {
      text.remove_prefix(1);
    } else {
      return text.front() == '<';
    }
  }
  return false;
}

// The parser takes no blank for the first input or output of a node; "_" stands for it.
void drop_placeholders(onnx::GraphProto& graph) {
  for (auto& node : *graph.mutable_node()) {
    for (std::string& output : *node.mutable_output()) {
      if (output == "_") output.clear();
    }
    for (std::string& input : *node.mutable_input()) {
      if (input == "_") input.clear();
    }
    for (auto& attribute : *node.mutable_attribute()) {
      if (holds_graph(attribute)) drop_placeholders(*attribute.mutable_g());
    }
  }
}

}  // namespace

std::ifstream open_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) fail("it is a folder, not a file");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail("the file cannot be opened");
  return stream;
}

onnx::ModelProto parse_model_text(std::string text) {
  onnx::ModelProto proto;
  const std::vector<TrainingSection> sections = take_training_sections(text);
  if (has_model_header(text)) {
    parse_text(text, proto);
  } else {
    parse_text(text, *proto.mutable_graph());
    proto.set_ir_version(onnx::Version::IR_VERSION);
    proto.add_opset_import()->set_version(kInternalOpset);
  }
  drop_placeholders(*proto.mutable_graph());
  for (const TrainingSection& section : sections) {
    onnx::GraphProto graph;
    parse_text(section.graph, graph);
    drop_placeholders(graph);
    add_training_section(section, std::move(graph), proto);
  }
  return proto;
}

bool is_text_file(const fs::path& path) { return path.extension() == ".onnxtxt"; }

onnx::ModelProto read_model_proto(const fs::path& path) {
  if (!is_text_file(path)) return read_proto<onnx::ModelProto>(path, "model");
  std::ifstream file = open_file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) fail("the file cannot be read");
  return parse_model_text(std::move(text));
}

}  // namespace gatefold
