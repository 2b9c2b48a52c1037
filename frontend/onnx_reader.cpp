#include "frontend/onnx_reader.h"

// The second one needs what the first one defines.
// clang-format off
#include <onnx/onnx_pb.h>
#include <onnx/onnx-data.pb.h>
// clang-format on

#include "frontend/graph_importer.h"
#include "frontend/model_proto.h"
#include "frontend/proto_types.h"
#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

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

Model read_file(const fs::path& path, TensorPlaces* places,
                std::vector<ShapeContradiction>* contradictions) {
  Model model = with_path(path.string(), [&] {
    return import_model(read_model_proto(path), path.parent_path(), places, contradictions);
  });
  model.path = path.string();
  return model;
}

Model read_bytes(std::string_view bytes, std::string_view name, TensorPlaces* places) {
  Model model = with_path(name, [&] {
    return import_model(parse_proto<onnx::ModelProto>(bytes, "model"), {}, places, nullptr);
  });
  model.path = name;
  return model;
}

Datum import_sequence(const onnx::SequenceProto& proto) {
  if (proto.elem_type() != onnx::SequenceProto::TENSOR && proto.tensor_values_size() == 0 &&
      proto.elem_type() != onnx::SequenceProto::UNDEFINED) {
    fail("only sequences of tensors are supported");
  }
  std::vector<Tensor> tensors;
  for (const auto& tensor : proto.tensor_values()) {
    tensors.push_back(import_tensor(tensor, {}, "sequence"));
  }
  return Sequence(tensors);
}

Datum import_optional(const onnx::OptionalProto& proto) {
  if (proto.has_tensor_value()) return import_tensor(proto.tensor_value(), {}, "optional");
  if (proto.has_sequence_value()) return import_sequence(proto.sequence_value());
  return {};
}

Datum read_datum(const fs::path& path, const Type& type, std::string& name) {
  if (type.kind == Type::Kind::kSequence) {
    const auto proto = read_proto<onnx::SequenceProto>(path, "sequence");
    name = proto.name();
    return import_sequence(proto);
  }
  if (type.kind == Type::Kind::kOptional) {
    const auto proto = read_proto<onnx::OptionalProto>(path, "optional");
    name = proto.name();
    return import_optional(proto);
  }
  const auto proto = read_proto<onnx::TensorProto>(path, "tensor");
  name = proto.name();
  return import_tensor(proto, path.parent_path(), "tensor");
}

}  // namespace

Model read_model(const fs::path& path) { return read_file(path, nullptr, nullptr); }

Model read_model(const fs::path& path, TensorPlaces& places) {
  return read_file(path, &places, nullptr);
}

Model read_model(const fs::path& path, std::vector<ShapeContradiction>& contradictions) {
  return read_file(path, nullptr, &contradictions);
}

Model read_model_bytes(std::string_view bytes, std::string_view name) {
  return read_bytes(bytes, name, nullptr);
}

Model read_model_bytes(std::string_view bytes, TensorPlaces& places) {
  return read_bytes(bytes, "model", &places);
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
