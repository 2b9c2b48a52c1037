#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

TEST(Dim, IsANumberANameOrUnknown) {
  EXPECT_TRUE(Dim(3).is(3));
  EXPECT_EQ(Dim(3).size(), 3);
  EXPECT_EQ(Dim(3).symbol(), "");
  const Dim batch("batch");
  EXPECT_TRUE(batch.is_symbol());
  EXPECT_FALSE(batch.is_known());
  EXPECT_EQ(batch.symbol(), "batch");
  EXPECT_TRUE(batch.same_as(Dim("batch")));
  EXPECT_FALSE(batch.same_as(Dim("time")));
  for (const Dim& unknown : {Dim(), Dim(-1), Dim(-7), Dim("")}) {
    EXPECT_EQ(unknown, Dim());
    EXPECT_FALSE(unknown.is_known() || unknown.is_symbol() || unknown.is(-1));
    EXPECT_FALSE(unknown.same_as(unknown));
  }
}

TEST(Dim, NamesAreTheSameOnAllThreads) {
  constexpr int kNames = 200;
  std::vector<std::vector<Dim>> dims(4);
  std::vector<std::thread> threads;
  for (std::vector<Dim>& list : dims) {
    threads.emplace_back([&list] {
      for (int i = 0; i < kNames; ++i) list.emplace_back("extent " + std::to_string(i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<Dim>& list : dims) {
    EXPECT_EQ(list, dims.front());
    EXPECT_EQ(list.back().symbol(), "extent 199");
  }
}

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
