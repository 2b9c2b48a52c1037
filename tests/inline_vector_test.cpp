#include "ir/inline_vector.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace gatefold::test {
namespace {

using List = InlineVector<std::int64_t>;

// Shorter than what a list holds in itself, as long as that, and longer.
constexpr std::size_t kSizes[] = {0, 1, 5, 6, 7, 12, 13, 100};

std::vector<std::int64_t> numbers(std::size_t count) {
  std::vector<std::int64_t> list(count);
  std::iota(list.begin(), list.end(), 1);
  return list;
}

TEST(InlineVector, HoldsWhatAVectorHolds) {
  for (const std::size_t size : kSizes) {
    const std::vector<std::int64_t> expected = numbers(size);
    List pushed;
    for (const std::int64_t number : expected) pushed.push_back(number);
    const List converted = expected;
    EXPECT_EQ(pushed, converted);
    EXPECT_EQ(std::vector<std::int64_t>(pushed), expected);
    EXPECT_EQ(pushed.size(), size);
    EXPECT_EQ(pushed.empty(), size == 0);
  }
}

TEST(InlineVector, CopiesAreApart) {
  for (const std::size_t size : kSizes) {
    const List original = numbers(size);
    List copy = original;
    copy.push_back(0);
    EXPECT_EQ(original, List(numbers(size)));
    copy = original;
    EXPECT_EQ(copy, original);
    const List& same = copy;
    copy = same;
    EXPECT_EQ(copy, original);
  }
}

TEST(InlineVector, MovesLeaveAnEmptyList) {
  for (const std::size_t from : kSizes) {
    for (const std::size_t to : kSizes) {
      List source = numbers(from);
      List target = numbers(to);
      target = std::move(source);
      EXPECT_EQ(target, List(numbers(from)));
      EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move)
      source.push_back(7);
      EXPECT_EQ(source, List{7});
      const List taken = std::move(target);
      EXPECT_EQ(taken, List(numbers(from)));
    }
  }
}

TEST(InlineVector, InsertsAndErasesAsAVectorDoes) {
  for (const std::size_t size : kSizes) {
    for (std::size_t place = 0; place <= size; ++place) {
      std::vector<std::int64_t> expected = numbers(size);
      List list = expected;
      const auto at = static_cast<std::ptrdiff_t>(place);
      expected.insert(expected.begin() + at, {-1, -2});
      EXPECT_EQ(*list.insert(list.begin() + at, {-1, -2}), -1);
      expected.insert(expected.begin() + at, 3, -3);
      EXPECT_EQ(*list.insert(list.begin() + at, 3, -3), -3);
      EXPECT_EQ(list, List(expected));
      expected.erase(expected.begin() + at);
      EXPECT_EQ(list.erase(list.begin() + at) - list.begin(), at);
      expected.erase(expected.begin() + at, expected.end());
      list.erase(list.begin() + at, list.end());
      EXPECT_EQ(list, List(expected));
    }
  }
}

TEST(InlineVector, ResizesWithAValue) {
  List list{1, 2};
  list.resize(9, 4);
  EXPECT_EQ(list, (List{1, 2, 4, 4, 4, 4, 4, 4, 4}));
  list.resize(1);
  EXPECT_EQ(list, List{1});
  list.assign(2, 5);
  EXPECT_EQ(list, (List{5, 5}));
  EXPECT_EQ(List(3), (List{0, 0, 0}));
}

TEST(InlineVector, ComparesLikeWords) {
  EXPECT_LT((List{1, 2}), (List{1, 3}));
  EXPECT_LT((List{1}), (List{1, 0}));
  EXPECT_FALSE((List{1, 2}) < (List{1, 2}));
  EXPECT_NE((List{1, 2}), (List{1, 2, 3}));
}

}  // namespace
}  // namespace gatefold::test
