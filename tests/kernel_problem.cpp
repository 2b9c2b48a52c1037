#include "tests/kernel_problem.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"

namespace gatefold::test {

KernelProblem::KernelProblem(const OpCase& op_case)
    : model(parse_model(op_case.graph, op_case.name)) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<Datum> data;
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

std::optional<std::vector<Tensor>> run_maker(const KernelProblem& problem, MakeKernel make,
                                             int threads, bool are_constant) {
  const Node& node = problem.node();
  std::vector<const Type*> types;
  std::vector<const Tensor*> constants;
  std::vector<const void*> input_pointers;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Value* value = node.input(i);
    const auto given = problem.inputs.find(value);
    const bool is_given = given != problem.inputs.end();
    const Tensor* input = is_given ? &given->second : value == nullptr ? nullptr : value->data();
    types.push_back(value == nullptr ? nullptr : &value->type());
    constants.push_back(!is_given || (are_constant && i != 0) ? input : nullptr);
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

void expect_close(const KernelProblem& problem, const std::vector<Tensor>& outputs,
                  double tolerance) {
  const auto& wanted = problem.model.graph->outputs();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& expected = std::get<Tensor>(problem.expected[i]);
    const Tensor& actual = outputs[wanted[i].value->output_index()];
    ASSERT_EQ(actual.dims(), expected.dims()) << wanted[i].name;
    for (std::int64_t k = 0; k < expected.size(); ++k) {
      const double oracle = expected.number_at(k);
      const double number = actual.number_at(k);
      if (number == oracle || (std::isnan(number) && std::isnan(oracle))) continue;
      ASSERT_NEAR(number, oracle, tolerance * (1 + std::abs(oracle)))
          << wanted[i].name << ", element " << k;
    }
  }
}

}  // namespace gatefold::test
