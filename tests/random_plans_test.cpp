#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "backend/executable.h"
#include "ir/evaluate.h"
#include "passes/rewriting/graph_builder.h"
#include "tests/expect_near.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

/// A graph of nodes that move elements around, with some between them that compute.
class RandomGraph {
 public:
  explicit RandomGraph(std::uint64_t seed) : generator_(seed), builder_(*graph_) {
    for (int i = 0; i < 3; ++i) {
      const Type type(DataType::kFloat32, Dims{1 + below(3), 1 + below(4), 2});
      values_.push_back(graph_->add_input(fmt::format("x{}", i), type));
    }
    constexpr int kNodes = 14;
    for (int i = 0; i < kNodes; ++i) add_node();
    for (Value* value : values_) {
      const bool is_wanted = value->uses().empty() || below(6) == 0;
      if (is_wanted) graph_->add_output(fmt::format("y{}", graph_->outputs().size()), value);
    }
  }

  const std::shared_ptr<Graph>& graph() const { return graph_; }

 private:
  using Step = void (RandomGraph::*)();

  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(generator_() % static_cast<std::uint64_t>(count));
  }
  /// A late value more often than an early one.
  Value* pick() {
    const auto count = static_cast<std::int64_t>(values_.size());
    return values_[std::max(below(count), below(count))];
  }
  void keep(Value* value) { values_.push_back(value); }

  void add_node() {
    constexpr Step kSteps[] = {
        &RandomGraph::transpose, &RandomGraph::transpose, &RandomGraph::concat,
        &RandomGraph::concat,    &RandomGraph::split,     &RandomGraph::slice,
        &RandomGraph::reshape,   &RandomGraph::gather,    &RandomGraph::compute,
        &RandomGraph::compute,   &RandomGraph::multiply,  &RandomGraph::recur,
        &RandomGraph::recur};
    (this->*kSteps[below(std::size(kSteps))])();
  }

  void transpose() {
    Value* x = pick();
    std::vector<std::int64_t> order(x->type().rank());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), generator_);
    keep(builder_.add("Transpose", {x}, {{"perm", order}}));
  }

  void concat() {
    Value* x = pick();
    const std::int64_t axis = below(x->type().rank());
    std::vector<Value*> parts{x};
    for (int i = 0; i < 6; ++i) {
      Value* other = pick();
      Dims dims = other->type().dims();
      if (other->type().rank() != x->type().rank()) continue;
      dims[axis] = x->type().dims()[axis];
      if (dims == x->type().dims() && parts.size() < 4) parts.push_back(other);
    }
    std::shuffle(parts.begin(), parts.end(), generator_);
    keep(builder_.add("Concat", parts, {{"axis", axis}}));
  }

  void split() {
    Value* x = pick();
    const std::int64_t axis = below(x->type().rank());
    const std::int64_t extent = x->type().dims()[axis];
    if (extent < 2) return;
    const std::int64_t first = 1 + below(extent - 1);
    Node* node = builder_.add_node("Split", {x, builder_.add_ints({first, extent - first})}, 2,
                                   {{"axis", axis}});
    keep(node->output(0));
    keep(node->output(1));
  }

  void slice() {
    Value* x = pick();
    const std::int64_t axis = below(x->type().rank());
    const std::int64_t extent = x->type().dims()[axis];
    const std::int64_t start = below(extent);
    keep(builder_.add("Slice", {x, builder_.add_ints({start}), builder_.add_ints({extent}),
                                builder_.add_ints({axis}), builder_.add_ints({1 + below(2)})}));
  }

  void reshape() {
    Value* x = pick();
    Dims dims = x->type().dims();
    const std::int64_t axis = below(static_cast<std::int64_t>(dims.size()));
    if (below(2) == 0 || axis == 0) {
      dims.insert(dims.begin() + axis, 1);
    } else {
      dims[axis - 1] *= dims[axis];
      dims.erase(dims.begin() + axis);
    }
    if (dims.size() > 4) return;
    keep(builder_.add("Reshape", {x, builder_.add_ints(dims)}));
  }

  void gather() {
    Value* x = pick();
    if (x->type().rank() < 2) return;
    const std::int64_t axis = below(x->type().rank());
    Tensor row(DataType::kInt64, {});
    row.data<std::int64_t>()[0] = below(x->type().dims()[axis]);
    keep(builder_.add("Gather", {x, builder_.add_constant("row", row)}, {{"axis", axis}}));
  }

  void compute() {
    Value* x = pick();
    Value* other = pick();
    const bool fits = other->type() == x->type();
    keep(fits ? builder_.add("Add", {x, other}) : builder_.add("Tanh", {x}));
  }

  Value* weights(const Dims& dims) {
    return builder_.add_constant("w", random_tensor({DataType::kFloat32, dims}, generator_()));
  }

  void multiply() {
    Value* x = pick();
    if (x->type().rank() < 2) return;
    keep(builder_.add("MatMul", {x, weights({x->type().dims().back(), 1 + below(4)})}));
  }

  void recur() {
    Value* x = pick();
    if (x->type().rank() != 3) return;
    const std::int64_t H = 1 + below(3);
    const std::int64_t D = 1 + below(2);
    const std::string direction = D == 2 ? "bidirectional" : below(2) == 0 ? "forward" : "reverse";
    Value* W = weights({D, 3 * H, x->type().dims()[2]});
    Value* R = weights({D, 3 * H, H});
    Value* Y = builder_.add("GRU", {x, W, R},
                            {{"hidden_size", H}, {"direction", direction}, {"layout", below(2)}});
    keep(Y);
  }

  std::shared_ptr<Graph> graph_ = std::make_shared<Graph>();
  std::mt19937_64 generator_;
  GraphBuilder builder_;
  std::vector<Value*> values_;
};

class RandomPlans : public testing::TestWithParam<int> {};

TEST_P(RandomPlans, GiveWhatTheOperatorsSay) {
  constexpr std::uint64_t kGraphs = 200;
  for (std::uint64_t i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = kGraphs * static_cast<std::uint64_t>(GetParam()) + i;
    const auto graph = RandomGraph(seed).graph();
    Context context(
        std::make_shared<Executable>(graph, CompileOptions{.threads = 1 + GetParam() % 2}));
    for (std::uint64_t run = 0; run < 2; ++run) {
      std::vector<Datum> inputs;
      for (const Value* input : graph->inputs()) {
        inputs.emplace_back(random_tensor(input->type(), 100 * run + inputs.size()));
      }
      SCOPED_TRACE("graph " + std::to_string(seed));
      expect_near(context.run(inputs), evaluate(*graph, inputs, Precision::kDouble), 1e-4);
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPlans, testing::Range(0, 4));

}  // namespace
}  // namespace gatefold::test
