#include "session/training/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "ir/error.h"

namespace gatefold::test {
namespace {

/// The rates of the first steps, from a base of 2 and for a run of 10 steps.
std::vector<double> rates(const ScheduleSpec& spec, std::int64_t count) {
  Schedule schedule(spec, 2);
  schedule.set_run_length(10, 5);
  std::vector<double> rates;
  for (std::int64_t s = 0; s < count; ++s) rates.push_back(schedule.rate_at(s));
  return rates;
}

void expect_rates(const ScheduleSpec& spec, const std::vector<double>& expected) {
  const std::vector<double> found = rates(spec, static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-12) << spec.type << " in step " << i;
  }
}

double cosine(double part) { return (1 + std::cos(std::numbers::pi * part)) / 2; }

TEST(Schedule, FollowsItsFormula) {
  expect_rates({.type = "constant"}, {2, 2, 2});
  expect_rates({.type = "step", .step_size = 2}, {2, 2, 0.2, 0.2, 0.02});
  expect_rates({.type = "step", .step_size = 1, .gamma = 0.5}, {2, 1, 0.5});
  expect_rates({.type = "exponential", .gamma = 0.5}, {2, 1, 0.5, 0.25});
  expect_rates({.type = "linear_warmup", .warmup_steps = 4}, {0.5, 1, 1.5, 2, 2, 2});
  expect_rates({.type = "linear_warmup"}, {2, 2});
}

TEST(Schedule, ChangesAtMilestones) {
  expect_rates({.type = "multistep", .milestones = {2, 3}}, {2, 2, 0.2, 0.02, 0.02});
  expect_rates({.type = "multistep", .milestones = {1, 3}, .rates = {4, 2, 1}}, {4, 2, 2, 1, 1});
  expect_rates({.type = "multistep", .milestone_epochs = {1}, .gamma = 0.5}, {2, 2, 2, 2, 2, 1, 1});
}

TEST(Schedule, EndsACosineWithTheRunUnlessToldOtherwise) {
  expect_rates({.type = "cosine"}, {2, 2 * cosine(0.1), 2 * cosine(0.2)});
  expect_rates({.type = "cosine", .total_steps = 4, .min_rate = 1},
               {2, 1 + cosine(0.25), 1.5, 1 + cosine(0.75), 1, 1});
}

TEST(Schedule, WarmsUpBeforeACosine) {
  expect_rates({.type = "linear_warmup_cosine", .warmup_steps = 2, .total_steps = 6},
               {1, 2, 2, 2 * cosine(0.25), 1, 2 * cosine(0.75), 0});
}

TEST(Schedule, ReducesTheRateWhenTheLossStaysHigh) {
  Schedule schedule({.type = "reduce_on_plateau", .gamma = 0.5, .min_rate = 0.4, .patience = 1}, 2);
  const auto after = [&schedule](double loss) {
    schedule.end_epoch(loss);
    return schedule.rate_at(0);
  };
  EXPECT_EQ(after(1), 2);
  EXPECT_EQ(after(1), 2);
  EXPECT_EQ(after(1.5), 1);
  EXPECT_EQ(after(1.5), 1);
  EXPECT_EQ(after(0.9), 1);
  EXPECT_EQ(after(2), 1);
  EXPECT_EQ(after(2), 0.5);
  EXPECT_EQ(after(2), 0.5);
  EXPECT_EQ(after(2), 0.4);
}

// By less than a ten-thousandth of its best, in two ways; and not by less than 1e-8.
TEST(Schedule, ReducesTheRateAsPyTorchDoes) {
  Schedule schedule({.type = "reduce_on_plateau", .patience = 0}, 2);
  schedule.end_epoch(1);
  schedule.end_epoch(0.99995);
  EXPECT_DOUBLE_EQ(schedule.rate_at(0), 0.2);
  schedule.end_epoch(0.9998);
  EXPECT_DOUBLE_EQ(schedule.rate_at(0), 0.2);
  Schedule exact({.type = "reduce_on_plateau", .patience = 0, .threshold = 0}, 1e-8);
  exact.end_epoch(1);
  exact.end_epoch(0.99995);
  EXPECT_DOUBLE_EQ(exact.rate_at(0), 1e-8);
  exact.end_epoch(2);
  EXPECT_DOUBLE_EQ(exact.rate_at(0), 1e-8);
}

TEST(Schedule, GoesOnFromAPlateau) {
  const ScheduleSpec spec{.type = "reduce_on_plateau", .patience = 0};
  Schedule first(spec, 1);
  first.end_epoch(1);
  first.end_epoch(2);
  Schedule second(spec, 1);
  second.restore(first.plateau());
  first.end_epoch(1);
  second.end_epoch(1);
  EXPECT_DOUBLE_EQ(second.rate_at(0), 0.01);
  EXPECT_EQ(first.rate_at(0), second.rate_at(0));
}

TEST(Schedule, RefusesSettingsOutOfRange) {
  const ScheduleSpec kSpecs[] = {
      {.type = "zigzag"},
      {.type = "step"},
      {.type = "step", .step_size = -1},
      {.type = "exponential"},
      {.type = "exponential", .gamma = -1},
      {.type = "linear_warmup", .warmup_steps = -1},
      {.type = "cosine", .warmup_steps = 5, .total_steps = 5},
      {.type = "cosine", .min_rate = -1},
      {.type = "reduce_on_plateau", .patience = -1},
      {.type = "reduce_on_plateau", .threshold = -1},
  };
  for (const ScheduleSpec& spec : kSpecs) EXPECT_THROW(Schedule(spec, 1), Error) << spec.type;
}

}  // namespace
}  // namespace gatefold::test
