#include "frontend/onnx_reader.h"

#include <google/protobuf/io/coded_stream.h>
#include <onnx/defs/parser.h>
#include <onnx/onnx-data_pb.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <limits>

#include "frontend/graph_importer.h"
#include "frontend/proto_types.h"
#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

// Each sub-graph nests three messages; protobuf's own limit is 100.
constexpr int kNestingLimit = 1000;

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) fail("it is a folder, not a file");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail("the file cannot be opened");
  std::string content((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (stream.bad()) fail("the file cannot be read");
  return content;
}

template <typename Message>
Message parse_proto(const std::string& content, std::string_view kind) {
  if (content.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    fail(
        "the file has {} bytes but protobuf holds at most 2 GiB; store the weights as external "
        "data",
        content.size());
  }
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const std::uint8_t*>(content.data()), static_cast<int>(content.size()));
  stream.SetRecursionLimit(kNestingLimit);
  Message message;
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    fail("the file is damaged or is not an ONNX {}", kind);
  }
  return message;
}

// Calls `read` and puts `path` in front of what it throws.
template <typename Read>
auto with_path(std::string_view path, Read read) {
  try {
    return read();
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  } catch (const std::bad_alloc&) {
    fail("{}: it needs more memory than there is", path);
  }
}

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
      if (attribute.has_g()) drop_placeholders(*attribute.mutable_g());
    }
  }
}

onnx::ModelProto parse_model_text(const std::string& text) {
  onnx::ModelProto proto;
  if (has_model_header(text)) {
    parse_text(text, proto);
  } else {
    parse_text(text, *proto.mutable_graph());
    proto.set_ir_version(onnx::Version::IR_VERSION);
    proto.add_opset_import()->set_version(kInternalOpset);
  }
  drop_placeholders(*proto.mutable_graph());
  return proto;
}

Datum import_sequence(const onnx::SequenceProto& proto) {
  if (proto.elem_type() != onnx::SequenceProto::TENSOR && proto.tensor_values_size() == 0 &&
      proto.elem_type() != onnx::SequenceProto::UNDEFINED) {
    fail("only sequences of tensors are supported");
  }
  Sequence sequence;
  for (const auto& tensor : proto.tensor_values()) {
    sequence.push_back(import_tensor(tensor, {}, "sequence"));
  }
  return sequence;
}

Datum import_optional(const onnx::OptionalProto& proto) {
  if (proto.has_tensor_value()) return import_tensor(proto.tensor_value(), {}, "optional");
  if (proto.has_sequence_value()) return import_sequence(proto.sequence_value());
  return {};
}

Datum read_datum(const fs::path& path, const Type& type, std::string& name) {
  const std::string content = read_file(path);
  if (type.kind == Type::Kind::kSequence) {
    const auto proto = parse_proto<onnx::SequenceProto>(content, "sequence");
    name = proto.name();
    return import_sequence(proto);
  }
  if (type.kind == Type::Kind::kOptional) {
    const auto proto = parse_proto<onnx::OptionalProto>(content, "optional");
    name = proto.name();
    return import_optional(proto);
  }
  const auto proto = parse_proto<onnx::TensorProto>(content, "tensor");
  name = proto.name();
  return import_tensor(proto, path.parent_path(), "tensor");
}

}  // namespace

Model read_model(const fs::path& path) {
  Model model = with_path(path.string(), [&] {
    const std::string content = read_file(path);
    const bool is_text = path.extension() == ".onnxtxt";
    return import_model(
        is_text ? parse_model_text(content) : parse_proto<onnx::ModelProto>(content, "model"),
        path.parent_path());
  });
  model.path = path.string();
  return model;
}

Model parse_model(std::string_view text, std::string_view name) {
  Model model =
      with_path(name, [&] { return import_model(parse_model_text(std::string(text)), {}); });
  model.path = name;
  return model;
}

Datum read_tensor_file(const fs::path& path, const Type& type, std::string* name) {
  return with_path(path.string(), [&] {
    std::string stated;
    Datum datum = read_datum(path, type, stated);
    if (name != nullptr) *name = std::move(stated);
    return datum;
  });
}

}  // namespace gatefold
