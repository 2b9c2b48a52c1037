#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <random>

#include "backend/kernels.h"
#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "ir/ops/recurrent.h"
#include "tests/ops/recurrent_case.h"

namespace gatefold::test {
namespace {

/// An op case of LSTM, GRU or RNN with its inputs and the oracle's outputs.
struct Problem {
  explicit Problem(const OpCase& op_case) : model(parse_model(op_case.graph, op_case.name)) {
    std::mt19937 random(7);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (const Value* value : model.graph->inputs()) {
      const auto given = op_case.inputs.find(value->name());
      Tensor input(value->type().dtype, value->type().dims());
      if (given != op_case.inputs.end()) {
        input = given->second;
      } else {
        for (std::int64_t i = 0; i < input.size(); ++i) input.data<float>()[i] = uniform(random);
      }
      inputs[value] = input;
      data.emplace_back(input);
    }
    expected = evaluate(*model.graph, data, Precision::kDouble);
  }
  const Node& node() const { return *model.graph->nodes().front(); }

  Model model;
  std::map<const Value*, Tensor> inputs;
  std::vector<Datum> data;
  std::vector<Datum> expected;
};

/// Runs one maker's kernel on the problem; nothing where the maker declines. With `are_constant`
/// the kernel knows every input but X beforehand.
std::optional<std::vector<Tensor>> run_maker(const Problem& problem, MakeKernel make, int threads,
                                             bool are_constant) {
  const Node& node = problem.node();
  std::vector<const Type*> types;
  std::vector<const Tensor*> constants;
  std::vector<const void*> input_pointers;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Value* value = node.input(i);
    const Tensor* input = value == nullptr ? nullptr : &problem.inputs.at(value);
    types.push_back(value == nullptr ? nullptr : &value->type());
    constants.push_back(are_constant && i != recurrent_input::kX ? input : nullptr);
    input_pointers.push_back(input == nullptr ? nullptr : input->raw());
  }
  std::vector<Type> output_types;
  std::vector<Tensor> outputs;
  std::vector<void*> output_pointers;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    output_types.push_back(node.output(i) == nullptr ? Type() : node.output(i)->type());
    outputs.emplace_back(output_types[i].dtype, output_types[i].dims());
    output_pointers.push_back(outputs[i].raw());
  }
  PackedWeights packed;
  const auto kernel = make({node, types, output_types, constants, threads, packed});
  if (kernel == nullptr) return std::nullopt;
  Tensor scratch(DataType::kUint8, {static_cast<std::int64_t>(kernel->scratch_bytes())});
  for (int run = 0; run < 2; ++run) {
    kernel->run({input_pointers.data(), output_pointers.data(), scratch.raw()});
  }
  return outputs;
}

void expect_close(const Problem& problem, const std::vector<Tensor>& outputs) {
  const auto& wanted = problem.model.graph->outputs();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& expected = std::get<Tensor>(problem.expected[i]);
    const Tensor& actual = outputs[wanted[i].value->output_index()];
    ASSERT_EQ(actual.dims(), expected.dims()) << wanted[i].name;
    for (std::int64_t k = 0; k < expected.size(); ++k) {
      const double oracle = expected.number_at(k);
      ASSERT_NEAR(actual.number_at(k), oracle, 1e-5 * (1 + std::abs(oracle)))
          << wanted[i].name << ", element " << k;
    }
  }
}

std::vector<OpCase> recurrent_cases() {
  std::vector<OpCase> cases;
  for (const auto& list : {lstm_cases(), gru_cases(), rnn_cases()}) {
    cases.insert(cases.end(), list.begin(), list.end());
  }
  return cases;
}

TEST(RecurrentKernels, PlainAgreesWithOracle) {
  for (const OpCase& op_case : recurrent_cases()) {
    SCOPED_TRACE(op_case.name);
    const Problem problem(op_case);
    for (const bool are_constant : {false, true}) {
      const auto outputs = run_maker(problem, plain::make_recurrent, 1, are_constant);
      ASSERT_TRUE(outputs.has_value());
      expect_close(problem, *outputs);
    }
  }
}

TEST(RecurrentKernels, ThreadsShareTheWork) {
  const std::vector<RecurrentCase> cases = {
      {.name = "Lstm", .op = "LSTM", .N = 5, .H = 96, .D = 2, .sequence_lens = {4, 1, 0, 3, 4}},
      {.name = "Gru", .op = "GRU", .N = 5, .H = 150},
      {.name = "GruLinearBeforeReset",
       .op = "GRU",
       .N = 3,
       .H = 150,
       .D = 2,
       .attributes = "linear_before_reset = 1"},
      {.name = "Rnn", .op = "RNN", .N = 9, .H = 150},
  };
  for (const OpCase& op_case : to_op_cases(cases)) {
    SCOPED_TRACE(op_case.name);
    const Problem problem(op_case);
    const auto outputs = run_maker(problem, plain::make_recurrent, 3, true);
    ASSERT_TRUE(outputs.has_value());
    expect_close(problem, *outputs);
  }
}

TEST(RecurrentKernels, OneDnnAgreesWithOracle) {
  int taken = 0;
  for (const OpCase& op_case : recurrent_cases()) {
    SCOPED_TRACE(op_case.name);
    const Problem problem(op_case);
    const std::string_view op = problem.node().op().name;
    const MakeKernel make = op == "LSTM"  ? onednn::make_lstm
                            : op == "GRU" ? onednn::make_gru
                                          : onednn::make_rnn;
    const auto outputs = run_maker(problem, make, 1, true);
    if (!outputs) continue;
    ++taken;
    expect_close(problem, *outputs);
  }
  EXPECT_GT(taken, 30);
}

}  // namespace
}  // namespace gatefold::test
