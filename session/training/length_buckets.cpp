#include "session/training/length_buckets.h"

#include <algorithm>
#include <numeric>

#include "ir/error.h"
#include "session/arrays/slices.h"

namespace gatefold {
namespace {

constexpr const char* kLengths = "lengths";
constexpr std::int64_t kBlock = 100;  // Batches.

std::int64_t axis_of(const std::map<std::string, std::int64_t>& axes, const std::string& name) {
  const auto found = axes.find(name);
  return found == axes.end() ? 0 : found->second;
}

}  // namespace

LengthBuckets::LengthBuckets(const std::vector<const Value*>& wanted, const std::string& target,
                             const std::map<std::string, Tensor>& arrays,
                             const std::map<std::string, std::int64_t>& batch_axes,
                             std::optional<std::int64_t> ignored_class) {
  for (const Value* input : wanted) add(*input, axis_of(batch_axes, input->name()));
  const auto lengths = arrays.find(kLengths);
  if (lengths == arrays.end() || lengths->second.rank() != 1) {
    fail(
        "has no array '{}' with one axis; batches of like length need a model that takes the "
        "length of each example as an input of that name",
        kLengths);
  }
  if (groups_.empty()) fail("no array has a time axis that could be cut to the longest example");
  examples_ = static_cast<std::size_t>(lengths->second.size());
  const auto& [name, time_axis] = *groups_.front().axes.begin();
  read_lengths(groups_.front(), lengths->second, arrays.at(name).dims()[time_axis]);
  for (Group& group : groups_) {
    const auto axis = group.axes.find(target);
    if (axis == group.axes.end()) continue;
    read_targets(group, arrays.at(target), axis->second, ignored_class);
  }
  std::erase_if(groups_, [](const Group& group) { return group.lengths.empty(); });
}

void LengthBuckets::add(const Value& input, std::int64_t batch_axis) {
  const std::int64_t axis = batch_axis == 0 ? 1 : 0;
  const Type& type = input.type();
  if (!type.has_rank() || type.rank() < 2 || (*type.shape)[axis].is_known()) return;
  const Dim& time = (*type.shape)[axis];
  const auto same = std::find_if(groups_.begin(), groups_.end(),
                                 [&](const Group& group) { return group.time.same_as(time); });
  Group& group = same == groups_.end() ? groups_.emplace_back(Group{time}) : *same;
  group.axes[input.name()] = axis;
}

void LengthBuckets::note_length(Group& group, std::size_t example, std::int64_t length) const {
  group.lengths.resize(examples_, 1);
  group.lengths[example] = std::max(group.lengths[example], length);
}

void LengthBuckets::read_lengths(Group& group, const Tensor& lengths, std::int64_t extent) const {
  for (std::size_t i = 0; i < examples_; ++i) {
    const auto length = static_cast<std::int64_t>(lengths.number_at(static_cast<std::int64_t>(i)));
    if (length > extent) {
      fail("array '{}' says that example {} has {} steps, but array '{}' has {}", kLengths, i,
           length, group.axes.begin()->first, extent);
    }
    note_length(group, i, length);
  }
}

// Of targets [N, T, ..] or [T, N, ..].
void LengthBuckets::read_targets(Group& group, const Tensor& target, std::int64_t time_axis,
                                 std::optional<std::int64_t> ignored_class) const {
  const std::int64_t second = target.dims()[1];
  const std::int64_t row_size = target.size() / target.dims()[0];
  const std::int64_t width = row_size / std::max<std::int64_t>(1, second);
  for (std::int64_t i = 0; i < target.size(); ++i) {
    const bool is_ignored =
        ignored_class && static_cast<std::int64_t>(target.number_at(i)) == *ignored_class;
    if (is_ignored) continue;
    const std::int64_t row = i / row_size;
    const std::int64_t column = i / width % second;
    const auto example = static_cast<std::size_t>(time_axis == 1 ? row : column);
    note_length(group, example, (time_axis == 1 ? column : row) + 1);
  }
  group.lengths.resize(examples_, 1);
}

bool LengthBuckets::is_shorter(std::int64_t a, std::int64_t b) const {
  for (const Group& group : groups_) {
    if (group.lengths[a] != group.lengths[b]) return group.lengths[a] < group.lengths[b];
  }
  return false;
}

std::vector<std::int64_t> LengthBuckets::sorted(std::vector<std::int64_t> order,
                                                std::int64_t batch_size,
                                                std::span<const std::int64_t> batch_order) const {
  const std::int64_t whole = std::ssize(batch_order) * batch_size;
  for (std::int64_t first = 0; first < whole; first += kBlock * batch_size) {
    const std::int64_t last = std::min(whole, first + kBlock * batch_size);
    std::stable_sort(order.begin() + first, order.begin() + last,
                     [this](std::int64_t a, std::int64_t b) { return is_shorter(a, b); });
  }
  std::vector<std::int64_t> result;
  result.reserve(order.size());
  for (const std::int64_t batch : batch_order) {
    const auto begin = order.begin() + batch * batch_size;
    result.insert(result.end(), begin, begin + batch_size);
  }
  result.insert(result.end(), order.begin() + whole, order.end());
  return result;
}

void LengthBuckets::cut(Batch& batch, std::span<const std::int64_t> examples) const {
  for (const Group& group : groups_) {
    std::int64_t longest = 1;
    for (const std::int64_t example : examples) {
      longest = std::max(longest, group.lengths[example]);
    }
    std::vector<std::int64_t> steps(static_cast<std::size_t>(longest));
    std::iota(steps.begin(), steps.end(), 0);
    for (const auto& [name, axis] : group.axes) {
      Tensor& array = batch.at(name);
      if (longest < array.dims()[axis]) array = take(array, axis, steps);
    }
  }
}

}  // namespace gatefold
