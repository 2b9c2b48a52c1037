#include <gtest/gtest.h>

#include <cmath>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

using Labels = std::vector<std::int64_t>;

/// What a labelling comes down to: repetitions merged, blanks dropped.
Labels collapsed(const Labels& labelling, std::int64_t blank) {
  Labels result;
  for (std::size_t t = 0; t < labelling.size(); ++t) {
    const bool is_repeated = t > 0 && labelling[t] == labelling[t - 1];
    if (!is_repeated && labelling[t] != blank) result.push_back(labelling[t]);
  }
  return result;
}

/// The loss of sequence n by its definition: a sum over all labellings.
double loss_of_sequence(const Tensor& log_probs, std::int64_t n, std::int64_t steps,
                        const Labels& target, std::int64_t blank) {
  const std::int64_t N = log_probs.dims()[1];
  const std::int64_t C = log_probs.dims()[2];
  double sum = 0;
  for (std::int64_t number = 0; number < std::pow(C, steps); ++number) {
    Labels labelling;
    double log_prob = 0;
    for (std::int64_t t = 0, rest = number; t < steps; ++t, rest /= C) {
      labelling.push_back(rest % C);
      log_prob += log_probs.number_at((t * N + n) * C + labelling.back());
    }
    if (collapsed(labelling, blank) == target) sum += std::exp(log_prob);
  }
  return -std::log(sum);
}

struct Problem {
  std::int64_t blank;
  Labels input_lengths, target_lengths;
  std::vector<Labels> targets;  ///< Each with 3 entries.
};

std::vector<double> compute(const Problem& problem, const Tensor& log_probs,
                            const std::string& attributes) {
  const Model model = parse_model(
      "g (double[t,n,c] x, int64[n,3] t, int64[n] i, int64[n] s) => (double[] y) "
      "{ y = gatefold.CTCLoss <blank = " +
          std::to_string(problem.blank) + attributes + "> (x, t, i, s) }",
      "ctc");
  Labels targets;
  for (const Labels& target : problem.targets) {
    targets.insert(targets.end(), target.begin(), target.end());
  }
  const auto N = static_cast<std::int64_t>(problem.targets.size());
  const auto tensor = [](Dims dims, const Labels& numbers) {
    return Tensor::of<std::int64_t>(std::move(dims), std::span(numbers));
  };
  const auto result = std::get<Tensor>(evaluate(
      *model.graph, {log_probs, tensor({N, 3}, targets), tensor({N}, problem.input_lengths),
                     tensor({N}, problem.target_lengths)})[0]);
  const auto values = result.values<double>();
  return {values.begin(), values.end()};
}

const Problem kProblem{.blank = 1,
                       .input_lengths = {6, 5, 4, 3},
                       .target_lengths = {3, 3, 0, 1},
                       .targets = {{0, 2, 2}, {0, 2, 0}, {0, 0, 0}, {2, 0, 0}}};

TEST(CtcLoss, IsTheSumOverAllLabellings) {
  const Tensor log_probs = random_tensor({DataType::kFloat64, Dims{6, 4, 3}}, 3);
  const std::vector<double> losses = compute(kProblem, log_probs, ", reduction = \"none\"");
  double sum = 0;
  double mean = 0;
  for (std::int64_t n = 0; n < 4; ++n) {
    const std::int64_t length = kProblem.target_lengths[n];
    const Labels target(kProblem.targets[n].begin(), kProblem.targets[n].begin() + length);
    const double expected =
        loss_of_sequence(log_probs, n, kProblem.input_lengths[n], target, kProblem.blank);
    EXPECT_NEAR(losses[n], expected, 1e-12) << "sequence " << n;
    sum += expected;
    mean += expected / static_cast<double>(std::max<std::int64_t>(length, 1)) / 4;
  }
  EXPECT_NEAR(compute(kProblem, log_probs, ", reduction = \"sum\"")[0], sum, 1e-12);
  EXPECT_NEAR(compute(kProblem, log_probs, "")[0], mean, 1e-12);
}

TEST(CtcLoss, IsInfiniteWithoutLabelling) {
  Problem problem = kProblem;
  problem.input_lengths[0] = 3;  // 0, 2, 2 takes a blank between the repeated labels.
  const Tensor log_probs = random_tensor({DataType::kFloat64, Dims{6, 4, 3}}, 3);
  EXPECT_TRUE(std::isinf(compute(problem, log_probs, ", reduction = \"none\"")[0]));
  EXPECT_EQ(compute(problem, log_probs, ", reduction = \"none\", zero_infinity = 1")[0], 0);
}

TEST(CtcLoss, RefusesWhatIsOutOfRange) {
  const Tensor log_probs = random_tensor({DataType::kFloat64, Dims{6, 4, 3}}, 3);
  Problem problem = kProblem;
  problem.input_lengths[1] = 7;
  EXPECT_THROW(compute(problem, log_probs, ""), Error);
  problem = kProblem;
  problem.target_lengths[1] = -1;
  EXPECT_THROW(compute(problem, log_probs, ""), Error);
  problem = kProblem;
  problem.targets[1][0] = problem.blank;
  EXPECT_THROW(compute(problem, log_probs, ""), Error);
  problem.targets[1][0] = 3;
  EXPECT_THROW(compute(problem, log_probs, ""), Error);
}

}  // namespace
}  // namespace gatefold::test
