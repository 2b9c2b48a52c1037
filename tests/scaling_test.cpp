#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "ir/visits.h"
#include "passes/pipeline.h"
#include "passes/training/model_parts.h"

namespace gatefold::test {
namespace {

/// Graphs of one kind, of any size.
struct Family {
  const char* name;
  std::string (*text)(int size);
  int size;  ///< The smaller one of the two that are compared.
};

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format("{}0.{}", i == 0 ? "" : ",", 1 + i % 9);
  return text;
}

/// "float[R,C] PREFIX0 = {...}, float[R,C] PREFIX1 = {...}, ..."
std::string weights(int count, const std::string& prefix, int rows, int columns) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += fmt::format("{}float[{},{}] {}{} = {{{}}}", i == 0 ? "" : ", ", rows, columns, prefix,
                        i, numbers(rows * columns));
  }
  return text;
}

std::string graph(const std::string& inputs, const std::string& outputs,
                  const std::string& initializers, const std::string& nodes) {
  return fmt::format("<ir_version: 8, opset_import: [\"\" : 17]>\ng ({}) => ({})\n<{}>\n{{\n{}}}\n",
                     inputs, outputs, initializers, nodes);
}

std::string residual_stack(int size) {
  std::string nodes;
  for (int i = 0; i < size; ++i) {
    nodes += fmt::format("m{0} = MatMul (x{0}, w{0})\n x{1} = Add (x{0}, m{0})\n", i, i + 1);
  }
  return graph("float[4,4] x0", fmt::format("float[4,4] x{}", size), weights(size, "w", 4, 4),
               nodes);
}

std::string squared_diamonds(int size) {
  std::string nodes;
  for (int i = 0; i < size; ++i) {
    nodes += fmt::format(
        "m{0} = MatMul (x{0}, w{0})\n s{0} = Mul (m{0}, m{0})\n x{1} = Add (x{0}, s{0})\n", i,
        i + 1);
  }
  return graph("float[4,4] x0", fmt::format("float[4,4] x{}", size), weights(size, "w", 4, 4),
               nodes);
}

std::string gated_stack(int size) {
  std::string nodes;
  for (int i = 0; i < size; ++i) {
    nodes += fmt::format(
        "a{0} = MatMul (x{0}, w{0})\n g{0} = Sigmoid (a{0})\n t{0} = Tanh (a{0})\n"
        "p{0} = Mul (g{0}, t{0})\n x{1} = Add (x{0}, p{0})\n",
        i, i + 1);
  }
  return graph("float[4,4] x0", fmt::format("float[4,4] x{}", size), weights(size, "w", 4, 4),
               nodes);
}

std::string weight_diamonds(int size) {
  std::string nodes;
  for (int i = 0; i < size; ++i) nodes += fmt::format("w{1} = Mul (w{0}, w{0})\n", i, i + 1);
  nodes += fmt::format("y = MatMul (x, w{})\n", size);
  return graph("float[4,4] x", "float[4,4] y", weights(1, "w", 4, 4), nodes);
}

std::string unrolled_cells(int size) {
  std::string nodes;
  for (int i = 0; i < size; ++i) {
    nodes += fmt::format(
        "i{0} = Constant <value_int = {0}> ()\n r{0} = Gather <axis = 0> (X, i{0})\n"
        "a{0} = MatMul (r{0}, w0)\n b{0} = MatMul (h{0}, w1)\n s{0} = Add (a{0}, b{0})\n"
        "h{1} = Tanh (s{0})\n",
        i, i + 1);
  }
  return graph(fmt::format("float[{},2,4] X, float[2,4] h0", size),
               fmt::format("float[2,4] h{}", size), weights(2, "w", 4, 4), nodes);
}

std::string wide_concat(int size) {
  std::string nodes;
  std::string parts;
  for (int i = 0; i < size; ++i) {
    nodes += fmt::format("t{0} = Tanh (x{0})\n", i);
    parts += fmt::format("{}t{}", i == 0 ? "" : ", ", i);
  }
  std::string inputs;
  for (int i = 0; i < size; ++i) inputs += fmt::format("{}float[2,1] x{}", i == 0 ? "" : ", ", i);
  nodes += fmt::format("c = Concat <axis = 1> ({})\n y = MatMul (c, w0)\n z = Tanh (y)\n", parts);
  return graph(inputs, "float[2,4] z", weights(1, "w", size, 4), nodes);
}

std::string deep_if(int size) {
  std::string body = "{ y0 = Identity (x) }";
  for (int i = 0; i < size; ++i) {
    body = fmt::format(
        "{{ y{1} = If (c) <then_branch = t{1} () => (float[2] y{0}) {2}, else_branch = e{1} () => "
        "(float[2] n{1}) {{ n{1} = Neg (x) }}> }}",
        i, i + 1, body);
  }
  return fmt::format(
      "<ir_version: 8, opset_import: [\"\" : 17]>\ng (float[2] x, bool c) => (float[2] y{}) {}\n",
      size, body);
}

std::string many_loops(int size) {
  std::string nodes = "n = Constant <value_int = 3> ()\n t = Constant <value = bool {1}> ()\n";
  for (int i = 0; i < size; ++i) {
    nodes += fmt::format(
        "x{1} = Loop (n, t, x{0}) <body = b{0} (int64 i, bool c, float[2] v) => (bool d, float[2] "
        "u) {{ d = Identity (c) u = Sin (v) }}>\n",
        i, i + 1);
  }
  return fmt::format(
      "<ir_version: 8, opset_import: [\"\" : 17]>\ng (float[2] x0) => (float[2] x{}) {{\n{}}}\n",
      size, nodes);
}

std::string many_initializers(int size) {
  std::string nodes;
  for (int i = 0; i < size; ++i) nodes += fmt::format("x{1} = Add (x{0}, w{0})\n", i, i + 1);
  return graph("float[1,2] x0", fmt::format("float[1,2] x{}", size), weights(size, "w", 1, 2),
               nodes);
}

constexpr Family kFlatFamilies[] = {
    {"ResidualStack", residual_stack, 200},
    {"SquaredDiamonds", squared_diamonds, 200},
    {"GatedStack", gated_stack, 100},
    {"WeightDiamonds", weight_diamonds, 100},
    {"UnrolledCells", unrolled_cells, 50},
    {"WideConcat", wide_concat, 100},
    {"ManyInitializers", many_initializers, 200},
};
constexpr Family kNestedFamilies[] = {
    {"DeepIf", deep_if, 10},
    {"ManyLoops", many_loops, 50},
};

class Scaling : public testing::TestWithParam<Family> {
 protected:
  /// What looks at the nodes of a model.
  using Work = void (*)(const Model& model);

  static double visits_of(int size, Work work) {
    const Model model = parse_model(GetParam().text(size));
    const std::uint64_t before = visits::count;
    work(model);
    return static_cast<double>(visits::count - before);
  }

  /// Four times the size may take four times the visits and the little more of a logarithm.
  static void expect_linear(Work work) {
    const int size = GetParam().size;
    const double small = visits_of(size, work);
    const double large = visits_of(4 * size, work);
    EXPECT_LE(large, 4 * 1.4 * small) << "from " << size << " to " << 4 * size;
  }
};

TEST_P(Scaling, InferenceLooksAtEachNodeAFewTimes) {
  expect_linear(
      [](const Model& model) { run_passes(*model.graph, kInferencePipeline, {.verify = false}); });
}

TEST_P(Scaling, TrainingLooksAtEachNodeAFewTimes) {
  expect_linear([](const Model& model) {
    prepare_for_training(*model.graph, default_trainable(*model.graph));
  });
}

class PlanScaling : public Scaling {};

TEST_P(PlanScaling, PlanningLooksAtEachNodeAFewTimes) {
  expect_linear([](const Model& model) {
    std::vector<Datum> inputs;
    for (const Value* input : model.graph->inputs()) {
      inputs.emplace_back(Tensor(input->type().dtype, input->type().dims()));
    }
    Context context(std::make_shared<Executable>(model.graph));
    context.run(inputs);
  });
}

std::string name_of(const testing::TestParamInfo<Family>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Flat, Scaling, testing::ValuesIn(kFlatFamilies), name_of);
INSTANTIATE_TEST_SUITE_P(Nested, Scaling, testing::ValuesIn(kNestedFamilies), name_of);
INSTANTIATE_TEST_SUITE_P(Flat, PlanScaling, testing::ValuesIn(kFlatFamilies), name_of);
INSTANTIATE_TEST_SUITE_P(Nested, PlanScaling, testing::ValuesIn(kNestedFamilies), name_of);

}  // namespace
}  // namespace gatefold::test
