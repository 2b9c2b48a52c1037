#include "frontend/onnx_writer.h"

#include <onnx/onnx_pb.h>

#include <optional>

#include "frontend/graph_exporter.h"
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

}  // namespace

void write_model(const Model& model, const std::filesystem::path& path,
                 std::size_t most_inline_bytes) {
  NewFile file(path);
  std::optional<NewFile> data;
  std::optional<ExternalTarget> external;
  if (tensor_bytes(*model.graph) > most_inline_bytes) {
    std::filesystem::path data_path = path;
    data_path += ".data";
    data.emplace(data_path);
    external.emplace(ExternalTarget{data->stream(), data_path.filename().string()});
  }
  write_proto(export_model(model, external ? &*external : nullptr), file, path);
  if (data) data->commit();
  file.commit();
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
