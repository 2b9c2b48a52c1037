#include <gtest/gtest.h>

#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

TEST(Graph, GatherInfersAndEvaluates) {
  Graph graph;
  Value* data = graph.add_input("data", {DataType::kFloat32, Dims{3, 2}});
  Value* indices = graph.add_input("indices", {DataType::kInt64, Shape{Dim("n")}});
  Node* node = graph.add_node(op("Gather"), {data, indices}, {"rows"});
  graph.add_output("rows", node->output());
  infer_types(graph);
  EXPECT_EQ(to_string(node->output()->type()), "float[n,2]");
  const auto outputs = evaluate(graph, {Tensor::of<float>({3, 2}, {1, 2, 3, 4, 5, 6}),
                                        Tensor::of<std::int64_t>({2}, {-1, 0})});
  const Tensor& rows = std::get<Tensor>(outputs[0]);
  EXPECT_EQ(rows.dims(), (Dims{2, 2}));
  EXPECT_EQ(rows.data<float>()[0], 5);
  EXPECT_EQ(rows.data<float>()[3], 2);
}

}  // namespace
}  // namespace gatefold
