#pragma once

#include <onnx/onnx_pb.h>

#include <set>
#include <string_view>
#include <vector>

namespace gatefold {

/// Whether the attribute is a graph. Writers that leave no field out give other kinds an empty one.
bool holds_graph(const onnx::AttributeProto& attribute);

/// Whether none of the node's outputs has a name, so that nobody can want it.
bool is_dead(const onnx::NodeProto& node);

/// The nodes of one graph or function body ordered so that each stands after those whose outputs it
/// reads; the given order is kept where it can be. Throws Error when there is a cycle, or when a
/// sub-graph reads what a node makes that is given after the one which holds it.
std::vector<const onnx::NodeProto*> ordered_nodes(
    const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes);

/// The names that a graph reads, itself or from inside its sub-graphs, but does not define.
std::set<std::string_view> outside_names(const onnx::GraphProto& graph);

/// "node 'gates' (Gemm)"; a node without a name is described by its first output.
std::string describe(const onnx::NodeProto& node);

}  // namespace gatefold
