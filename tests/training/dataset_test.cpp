#include "session/training/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "session/arrays/npz.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

using Arrays = std::vector<std::pair<std::string, Tensor>>;

/// 0, 1, 2, ... in an array of these extents.
template <typename T>
Tensor counting(const Dims& dims) {
  Tensor array(Tensor::of<T>({0}, {}).dtype(), dims);
  std::iota(array.data<T>(), array.data<T>() + array.size(), T{0});
  return array;
}

std::vector<double> numbers_of(const Tensor& array) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < array.size(); ++i) numbers.push_back(array.number_at(i));
  return numbers;
}

class DatasetTest : public testing::Test {
 protected:
  /// The data set of these arrays for a model with inputs "x" and "target" as declared, such as
  /// "float[batch,2] x, int64[batch] target".
  Dataset dataset(const std::string& inputs, const Arrays& arrays,
                  const BatchOptions& options = {}) {
    model_ = parse_model("g (" + inputs + ") => (y, t) { y = Identity (x) t = Identity (target) }");
    write_npz(folder_.path() / "data.npz", arrays);
    const auto& wanted = model_.graph->inputs();
    return {
        {.path = folder_.path() / "data.npz"}, {wanted.begin(), wanted.end()}, "target", options};
  }

  /// What is said when the data set is refused.
  std::string complaint(const std::string& inputs, const Arrays& arrays,
                        const BatchOptions& options = {}) {
    try {
      dataset(inputs, arrays, options);
    } catch (const Error& error) {
      std::string said = error.what();
      EXPECT_TRUE(said.starts_with("'" + (folder_.path() / "data.npz").string() + "': ")) << said;
      return said;
    }
    return "nothing";
  }

 private:
  TemporaryFolder folder_;
  Model model_;
};

constexpr const char* kRows = "float[batch,2] x, int64[batch] target";
constexpr const char* kFixedRows = "float[2,2] x, int64[2] target";
constexpr const char* kText = "int64[batch,time] x, int64[batch,time] target";

Arrays rows(std::int64_t count) {
  return {{"x", counting<float>({count, 2})}, {"target", counting<std::int64_t>({count})}};
}

TEST_F(DatasetTest, CutsBatchesFromSamples) {
  Dataset data = dataset(kRows, rows(5), {.batch_size = 2});
  ASSERT_EQ(data.batches_per_epoch(), 3);
  const Batch second = data.batch(0, 1);
  EXPECT_EQ(second.at("x").dims(), (Dims{2, 2}));
  EXPECT_EQ(numbers_of(second.at("x")), (std::vector<double>{4, 5, 6, 7}));
  EXPECT_EQ(numbers_of(second.at("target")), (std::vector<double>{2, 3}));
  EXPECT_EQ(data.batch(0, 2).at("x").dims(), (Dims{1, 2}));
  EXPECT_EQ(data.samples(1), 2);
  EXPECT_EQ(data.samples(2), 1);
}

TEST_F(DatasetTest, TakesThirtyTwoSamplesUnlessToldOtherwise) {
  EXPECT_EQ(dataset(kRows, rows(70)).samples(0), 32);
  EXPECT_EQ(dataset(kRows, rows(7)).samples(0), 7);
}

TEST_F(DatasetTest, LeavesOutASmallLastBatch) {
  EXPECT_EQ(dataset(kRows, rows(5), {.batch_size = 2, .drop_last = true}).batches_per_epoch(), 2);
  EXPECT_EQ(dataset(kFixedRows, rows(5)).batches_per_epoch(), 2);
}

TEST_F(DatasetTest, TakesWholeSteps) {
  const Arrays steps{{"x", counting<float>({3, 2, 2})}, {"target", counting<std::int64_t>({3, 2})}};
  for (const char* inputs : {kRows, kFixedRows}) {
    Dataset data = dataset(inputs, steps);
    ASSERT_EQ(data.batches_per_epoch(), 3);
    EXPECT_EQ(numbers_of(data.batch(0, 1).at("x")), (std::vector<double>{4, 5, 6, 7}));
    EXPECT_EQ(data.batch(0, 1).at("target").dims(), Dims{2});
    EXPECT_EQ(data.samples(1), 2);
    EXPECT_TRUE(data.starts_anew(0));
    EXPECT_FALSE(data.starts_anew(1));
  }
}

TEST_F(DatasetTest, ShufflesEachEpochInAnotherOrder) {
  const BatchOptions options{.batch_size = 20, .shuffle = true, .seed = 3};
  Dataset data = dataset(kRows, rows(20), options);
  const auto order = [](Dataset& set, std::int64_t epoch) {
    return numbers_of(set.batch(epoch, 0).at("target"));
  };
  const std::vector<double> first = order(data, 0);
  const std::vector<double> second = order(data, 1);
  EXPECT_NE(first, second);
  EXPECT_EQ(order(data, 0), first);
  std::vector<double> sorted = first;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, numbers_of(counting<std::int64_t>({20})));
  EXPECT_EQ(numbers_of(data.batch(0, 0).at("x"))[2], 2 * first[1]);

  Dataset same = dataset(kRows, rows(20), options);
  EXPECT_EQ(order(same, 1), second);
  Dataset other = dataset(kRows, rows(20), {.batch_size = 20, .shuffle = true, .seed = 4});
  EXPECT_NE(order(other, 0), first);
}

TEST_F(DatasetTest, CountsSamplesAlongTheGivenAxis) {
  Dataset data = dataset("float[3,batch] x, int64[batch] target",
                         {{"x", counting<float>({3, 4})}, {"target", counting<std::int64_t>({4})}},
                         {.batch_size = 2, .batch_axes = {{"x", 1}}});
  EXPECT_EQ(data.batches_per_epoch(), 2);
  EXPECT_EQ(numbers_of(data.batch(0, 1).at("x")), (std::vector<double>{2, 3, 6, 7, 10, 11}));
}

TEST_F(DatasetTest, CutsChunksOfTime) {
  const Tensor text = counting<std::int64_t>({4, 5});
  Dataset data = dataset(kText, {{"x", text}, {"target", text}}, {.batch_size = 2, .chunk = 2});
  ASSERT_EQ(data.batches_per_epoch(), 6);
  EXPECT_EQ(numbers_of(data.batch(0, 1).at("x")), (std::vector<double>{2, 3, 7, 8}));
  EXPECT_EQ(data.batch(0, 2).at("x").dims(), (Dims{2, 1}));
  EXPECT_EQ(numbers_of(data.batch(0, 3).at("target")), (std::vector<double>{10, 11, 15, 16}));
  for (const std::int64_t i : {0, 1, 2, 3, 4, 5}) EXPECT_EQ(data.starts_anew(i), i % 3 == 0);
}

TEST_F(DatasetTest, LeavesArraysWithoutTimeWholeInChunks) {
  const Tensor text = counting<std::int64_t>({3, 6, 2});
  Dataset data =
      dataset("float[6,batch,2] x, int64[batch,6] target",
              {{"x", counting<float>({6, 3, 2})}, {"target", counting<std::int64_t>({3, 6})}},
              {.batch_axes = {{"x", 1}}, .chunk = 3});
  EXPECT_EQ(data.batch(0, 1).at("x").dims(), (Dims{3, 3, 2}));
  EXPECT_EQ(data.batch(0, 1).at("x").number_at(0), 18);
  Dataset lengths = dataset(
      "float[batch] x, int64[batch,6] target",
      {{"x", counting<float>({3})}, {"target", counting<std::int64_t>({3, 6})}}, {.chunk = 3});
  EXPECT_EQ(lengths.batch(0, 1).at("x").dims(), Dims{3});
}

TEST_F(DatasetTest, LeavesOutASmallLastChunk) {
  const Tensor text = counting<std::int64_t>({2, 5});
  EXPECT_EQ(dataset(kText, {{"x", text}, {"target", text}}, {.chunk = 2, .drop_last = true})
                .batches_per_epoch(),
            2);
}

TEST_F(DatasetTest, ConvertsWidths) {
  Dataset data =
      dataset(kRows, {{"x", counting<double>({2, 2})}, {"target", counting<std::uint8_t>({2})}});
  EXPECT_EQ(data.batch(0, 0).at("x").dtype(), DataType::kFloat32);
  EXPECT_EQ(data.batch(0, 0).at("target").dtype(), DataType::kInt64);
}

TEST_F(DatasetTest, SaysWhatDoesNotFit) {
  const Tensor x = counting<float>({4, 2});
  const Tensor target = counting<std::int64_t>({4});
  const Tensor text = counting<std::int64_t>({4, 6});
  const struct {
    const char* inputs;
    Arrays arrays;
    BatchOptions options;
    const char* part;
  } kCases[] = {
      {kRows, {{"target", target}}, {}, "has no array 'x', an input of the model"},
      {kRows, {{"x", x}}, {}, "has no array 'target', the targets"},
      {kRows,
       {{"x", x}, {"target", target}, {"y", x}},
       {},
       "'y' belongs to no input; those are: x"},
      {kRows,
       {{"x", target}, {"target", target}},
       {},
       "element type int64, but the model needs float"},
      {kRows, {{"x", counting<float>({4, 3})}, {"target", target}}, {}, "has extents [4,3], but"},
      {kRows, {{"x", counting<float>({4})}, {"target", target}}, {}, "has extents [4], but"},
      {kFixedRows,
       {{"x", counting<float>({2, 4, 2})}, {"target", text}},
       {},
       "has extents [2,4,2]"},
      {kRows,
       {{"x", x}, {"target", counting<std::int64_t>({3})}},
       {},
       "'target' holds 3 examples but 'x' 4"},
      {kRows,
       {{"x", counting<float>({0, 2})}, {"target", counting<std::int64_t>({0})}},
       {},
       "holds no examples"},
      {kText,
       {{"x", counting<std::int64_t>({4, 0})}, {"target", text}},
       {},
       "has extents [4,0]: there is nothing in it"},
      {kRows, rows(4), {.batch_axes = {{"x", 2}}}, "array 'x' has no axis 2"},
      {kRows, rows(4), {.batch_axes = {{"y", 0}}}, "has no array 'y', whose axis 0 is given"},
      {kFixedRows, rows(4), {.batch_size = 3}, "made for batches of 2; a batch size of 3"},
      {kFixedRows, rows(1), {}, "holds 1 examples, less than one batch of 2"},
      {kRows, rows(4), {.chunk = 2}, "the targets have no time axis"},
      {kText,
       {{"x", text}, {"target", text}},
       {.chunk = 7, .drop_last = true},
       "sequences of 6 steps are shorter than a chunk of 7"},
      {kRows,
       {{"x", counting<float>({3, 4, 2})}, {"target", counting<std::int64_t>({3, 4})}},
       {.batch_size = 2},
       "whole batches; do not give a batch size"},
      {kRows,
       {{"x", counting<float>({3, 4, 2})}, {"target", counting<std::int64_t>({3, 4})}},
       {.chunk = 2},
       "whole batches, which cannot be cut"},
  };
  for (const auto& [inputs, arrays, options, part] : kCases) {
    const std::string said = complaint(inputs, arrays, options);
    EXPECT_NE(said.find(part), std::string::npos) << said << "\n  has no: " << part;
  }
}

}  // namespace
}  // namespace gatefold::test
