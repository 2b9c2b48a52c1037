#include "frontend/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "frontend/graph_exporter.h"
#include "frontend/model_proto.h"
#include "frontend/model_text.h"
#include "frontend/new_file.h"
#include "frontend/proto_types.h"
#include "frontend/tensor_sites.h"
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

void require_same_type(std::string_view name, const Type& before, const Type& after) {
  if (before == after) return;
  fail("tensor '{}' is {} in the file, but was trained as {}", name, to_string(before),
       to_string(after));
}

void write_model_proto(const onnx::ModelProto& model, NewFile& file,
                       const std::filesystem::path& path) {
  if (!is_text_file(path)) return write_proto(model, file, path);
  file.stream() << model_text(model);
  file.close();
}

// Everything else that the message says of the tensor stays.
void replace_numbers(onnx::TensorProto& proto, const Tensor& after) {
  onnx::TensorProto replaced;
  if (proto.has_name()) replaced.set_name(proto.name());
  if (proto.has_doc_string()) replaced.set_doc_string(proto.doc_string());
  export_tensor(after, replaced);
  proto = std::move(replaced);
}

/// One tensor of a file that gets new numbers.
struct NewNumbers {
  std::string_view name;
  const Tensor& tensor;
};

void replace_list(onnx::AttributeProto& attribute, const NewNumbers& numbers) {
  const auto count = static_cast<std::int64_t>(attribute.floats_size());
  const Dims dims = attribute.has_f() ? Dims{} : Dims{count};
  require_same_type(numbers.name, {DataType::kFloat32, dims}, numbers.tensor.type());
  const float* elements = numbers.tensor.data<float>();
  if (attribute.has_f()) return attribute.set_f(*elements);
  std::copy_n(elements, count, attribute.mutable_floats()->begin());
}

// Gives a tensor new numbers, where there are any, and takes it in from another file.
void replace_tensor(const TensorSite& site, const NewNumbers* numbers,
                    const std::filesystem::path& folder) {
  if (site.tensor == nullptr) {
    if (numbers != nullptr) replace_list(*site.attribute, *numbers);
    return;
  }
  onnx::TensorProto& proto = *site.tensor;
  const bool is_elsewhere = proto.data_location() == onnx::TensorProto::EXTERNAL;
  if (numbers == nullptr && !is_elsewhere) return;
  const Tensor before = import_tensor(proto, folder, "tensor '" + proto.name() + "'");
  if (numbers != nullptr) require_same_type(numbers->name, before.type(), numbers->tensor.type());
  replace_numbers(proto, numbers != nullptr ? numbers->tensor : before);
}

void set_metadata(onnx::ModelProto& model, const std::string& key, const std::string& value) {
  auto& entries = *model.mutable_metadata_props();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return entry.key() == key; });
  auto& entry = found != entries.end() ? *found : *entries.Add();
  entry.set_key(key);
  entry.set_value(value);
}

// Gives the tensors of a model that is the file `source` new numbers.
void replace_weights(onnx::ModelProto& model, const TensorPlaces& places,
                     const std::map<std::string, Tensor>& weights,
                     const std::filesystem::path& source) {
  const std::vector<TensorSite> sites = tensor_sites(model);
  std::vector<std::optional<NewNumbers>> numbers(sites.size());
  for (const auto& [name, weight] : weights) {
    const auto place = places.numbers.find(name);
    if (place == places.numbers.end() || place->second >= sites.size()) {
      fail("{}: the file has no tensor '{}', which was trained", source.string(), name);
    }
    numbers[place->second].emplace(NewNumbers{name, weight});
  }
  for (std::size_t i = 0; i < sites.size(); ++i) {
    replace_tensor(sites[i], numbers[i] ? &*numbers[i] : nullptr, source.parent_path());
  }
}

void write_changed(onnx::ModelProto& model, const std::map<std::string, std::string>& metadata,
                   const std::filesystem::path& path) {
  for (const auto& [key, value] : metadata) set_metadata(model, key, value);
  NewFile file(path);
  write_model_proto(model, file, path);
  file.commit();
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

void write_model_with_weights(const std::filesystem::path& source, const TensorPlaces& places,
                              const std::map<std::string, Tensor>& weights,
                              const std::filesystem::path& path,
                              const std::map<std::string, std::string>& metadata) {
  onnx::ModelProto model = read_model_proto(source);
  replace_weights(model, places, weights, source);
  write_changed(model, metadata, path);
}

void write_model_bytes_with_weights(std::string_view source, const TensorPlaces& places,
                                    const std::map<std::string, Tensor>& weights,
                                    const std::filesystem::path& path,
                                    const std::map<std::string, std::string>& metadata) {
  auto model = parse_proto<onnx::ModelProto>(source, "model");
  replace_weights(model, places, weights, "model");
  write_changed(model, metadata, path);
}

void check_text_holds(const std::filesystem::path& source, const std::filesystem::path& path) {
  if (!is_text_file(path)) return;
  onnx::ModelProto model = read_model_proto(source);
  for (const TensorSite& site : tensor_sites(model)) {
    replace_tensor(site, nullptr, source.parent_path());
  }
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
