#include "frontend/tensor_sites.h"

#include <string>

namespace gatefold {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

class SiteList {
 public:
  void add_graph(onnx::GraphProto& graph) {
    for (onnx::TensorProto& tensor : *graph.mutable_initializer()) sites_.push_back({&tensor});
    add_nodes(*graph.mutable_node());
  }

  void add_nodes(Nodes& nodes) {
    for (onnx::NodeProto& node : nodes) {
      for (onnx::AttributeProto& attribute : *node.mutable_attribute()) add_attribute(attribute);
    }
  }

  std::vector<TensorSite> take() { return std::move(sites_); }

 private:
  void add_attribute(onnx::AttributeProto& attribute) {
    if (attribute.has_g()) {
      add_graph(*attribute.mutable_g());
    } else if (attribute.has_t()) {
      sites_.push_back({attribute.mutable_t(), &attribute});
    } else if (attribute.floats_size() > 0 || attribute.has_f()) {
      sites_.push_back({nullptr, &attribute});
    }
  }

  std::vector<TensorSite> sites_;
};

}  // namespace

std::vector<TensorSite> tensor_sites(onnx::ModelProto& model) {
  SiteList list;
  list.add_graph(*model.mutable_graph());
  for (auto& function : *model.mutable_functions()) list.add_nodes(*function.mutable_node());
  for (auto& stage : *model.mutable_training_info()) {
    if (stage.has_initialization()) list.add_graph(*stage.mutable_initialization());
    if (stage.has_algorithm()) list.add_graph(*stage.mutable_algorithm());
  }
  return list.take();
}

std::uint64_t bytes_with_all_tensors(const onnx::ModelProto& model,
                                     const std::vector<TensorSite>& sites) {
  std::uint64_t bytes = model.ByteSizeLong();
  for (const TensorSite& site : sites) {
    if (site.tensor == nullptr) continue;
    if (site.tensor->data_location() != onnx::TensorProto::EXTERNAL) continue;
    for (const auto& entry : site.tensor->external_data()) {
      if (entry.key() == "length") bytes += std::strtoull(entry.value().c_str(), nullptr, 10);
    }
  }
  return bytes;
}

}  // namespace gatefold
