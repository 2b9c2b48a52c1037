#include "frontend/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <limits>
#include <optional>

#include "frontend/graph_exporter.h"
#include "frontend/model_proto.h"
#include "frontend/model_text.h"
#include "frontend/new_file.h"
#include "frontend/proto_types.h"
#include "ir/error.h"

namespace gatefold {
namespace {

template <typename Message>
void write_proto(const Message& message, NewFile& file, const std::filesystem::path& path) {
  if (!message.SerializeToOstream(&file.stream()) && file.stream()) {
    fail("{}: the model is larger than the 2 GiB that protobuf holds", path.string());
  }
  file.close();
}

void write_model_proto(const onnx::ModelProto& model, NewFile& file,
                       const std::filesystem::path& path) {
  if (!is_text_file(path)) return write_proto(model, file, path);
  file.stream() << model_text(model);
  file.close();
}

// Everything else that the message says of the tensor stays.
void replace_numbers(onnx::TensorProto& proto, const Tensor& before, const Tensor& after) {
  if (before.dtype() != after.dtype() || before.dims() != after.dims()) {
    fail("initializer '{}' is {}, but was trained as {}", proto.name(), to_string(before.type()),
         to_string(after.type()));
  }
  onnx::TensorProto replaced;
  replaced.set_name(proto.name());
  if (proto.has_doc_string()) replaced.set_doc_string(proto.doc_string());
  export_tensor(after, replaced);
  proto = std::move(replaced);
}

// Gives initializers their new numbers, and takes in those of other files. Returns how many of the
// weights there are.
std::size_t replace_weights(onnx::GraphProto& graph, const std::filesystem::path& source,
                            const std::map<std::string, Tensor>& weights) {
  std::size_t found = 0;
  for (onnx::TensorProto& proto : *graph.mutable_initializer()) {
    const auto weight = weights.find(proto.name());
    const bool is_elsewhere = proto.data_location() == onnx::TensorProto::EXTERNAL;
    if (weight == weights.end() && !is_elsewhere) continue;
    const Tensor before = import_tensor(proto, source.parent_path(), "initializer " + proto.name());
    found += weight != weights.end() ? 1 : 0;
    replace_numbers(proto, before, weight != weights.end() ? weight->second : before);
  }
  return found;
}

std::size_t replace_all_weights(onnx::ModelProto& model, const std::filesystem::path& source,
                                const std::map<std::string, Tensor>& weights) {
  std::size_t found = replace_weights(*model.mutable_graph(), source, weights);
  for (auto& stage : *model.mutable_training_info()) {
    found += replace_weights(*stage.mutable_algorithm(), source, weights);
  }
  return found;
}

}  // namespace

void write_model(const Model& model, const std::filesystem::path& path,
                 std::size_t most_inline_bytes) {
  NewFile file(path);
  if (is_text_file(path)) most_inline_bytes = std::numeric_limits<std::size_t>::max();
  std::optional<NewFile> data;
  std::optional<ExternalTarget> external;
  if (tensor_bytes(model) > most_inline_bytes) {
    std::filesystem::path data_path = path;
    data_path += ".data";
    data.emplace(data_path);
    external.emplace(ExternalTarget{data->stream(), data_path.filename().string()});
  }
  write_model_proto(export_model(model, external ? &*external : nullptr), file, path);
  if (data) data->commit();
  file.commit();
}

void write_model_with_weights(const std::filesystem::path& source,
                              const std::map<std::string, Tensor>& weights,
                              const std::filesystem::path& path) {
  onnx::ModelProto model = read_model_proto(source);
  const std::size_t found = replace_all_weights(model, source, weights);
  if (found != weights.size()) {
    fail("{}: {} of {} trained parameters are no initializers of the file's graph", source.string(),
         weights.size() - found, weights.size());
  }
  NewFile file(path);
  write_model_proto(model, file, path);
  file.commit();
}

void check_text_holds(const std::filesystem::path& source, const std::filesystem::path& path) {
  if (!is_text_file(path)) return;
  onnx::ModelProto model = read_model_proto(source);
  replace_all_weights(model, source, {});
  static_cast<void>(model_text(model));
}

void write_tensor_file(const Tensor& tensor, std::string_view name,
                       const std::filesystem::path& path) {
  onnx::TensorProto proto;
  proto.set_name(std::string(name));
  export_tensor(tensor, proto);
  NewFile file(path);
  write_proto(proto, file, path);
  file.commit();
}

}  // namespace gatefold
