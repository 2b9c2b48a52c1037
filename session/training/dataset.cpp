#include "session/training/dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include "ir/error.h"
#include "session/arrays/npz.h"
#include "session/arrays/slices.h"
#include "session/carried_states.h"

namespace gatefold {
namespace {

constexpr std::int64_t kUsualBatchSize = 32;

std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(last - first));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

bool is_integer(DataType dtype) { return kIntegerTypes.contains(dtype); }

}  // namespace

Tensor converted_for(const Value& input, const Tensor& array) {
  const DataType wanted = input.type().dtype;
  const DataType given = array.dtype();
  if (given == wanted) return array;
  const bool same_kind =
      (is_float(given) && is_float(wanted)) || (is_integer(given) && is_integer(wanted));
  if (!same_kind) {
    fail("array '{}' has element type {}, but the model needs {}", input.name(), name_of(given),
         name_of(wanted));
  }
  return array.converted(wanted);
}

Dataset::Dataset(const DataSource& source, const std::vector<const Value*>& wanted,
                 const std::string& target, const BatchOptions& options)
    : options_(options),
      name_(source.name()),
      arrays_(source.path.empty() ? source.arrays : read_npz(source.path)) {
  try {
    std::vector<std::string_view> names;
    std::vector<const Value*> given;
    for (const Value* input : wanted) {
      names.push_back(input->name());
      const auto array = arrays_.find(input->name());
      if (array == arrays_.end()) {
        if (!input->is_used()) continue;
        fail_for_missing(wanted, target);
      }
      array->second = converted_for(*input, array->second);
      given.push_back(input);
    }
    for (const auto& [name, array] : arrays_) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        fail("array '{}' belongs to no input; those are: {}", name, fmt::join(names, ", "));
      }
    }
    for (const auto& [name, axis] : options_.batch_axes) {
      if (!arrays_.contains(name)) fail("has no array '{}', whose axis {} is given", name, axis);
    }
    choose_form(given);
    for (const Value* input : given) check_array(*input, arrays_.at(input->name()));
    count_batches(given);
    if (options_.chunk > 0) count_chunks(target);
    if (options_.bucket) find_buckets(given, target);
  } catch (const Error& error) {
    fail("{}: {}", name_, error.what());
  }
}

void Dataset::choose_form(const std::vector<const Value*>& wanted) {
  for (const Value* input : wanted) {
    if (!input->type().has_rank()) continue;
    is_steps_ = arrays_.at(input->name()).rank() == input->type().rank() + 1;
    return;
  }
}

std::int64_t Dataset::batch_axis(const std::string& name) const {
  const auto given = options_.batch_axes.find(name);
  return given == options_.batch_axes.end() ? 0 : given->second;
}

// In the form of samples any number of them is allowed along the batch axis, and with chunks any
// number of time steps.
bool Dataset::fits(const Value& input, const Tensor& array, std::int64_t examples) const {
  const Shape& shape = *input.type().shape;
  const std::size_t leading = is_steps_ ? 1 : 0;
  if (array.dims().size() != shape.size() + leading || array.dims().empty()) return false;
  const std::int64_t time = examples == 0 ? 1 : 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto axis = static_cast<std::int64_t>(i);
    const bool is_free = !is_steps_ && (axis == examples || (options_.chunk > 0 && axis == time));
    if (!is_free && shape[i].is_known() && !shape[i].is(array.dims()[i + leading])) return false;
  }
  return true;
}

void Dataset::check_array(const Value& input, const Tensor& array) {
  if (!input.type().has_rank()) return;
  if (!fits(input, array, batch_axis(input.name()))) {
    fail(
        "array '{}' has extents {}, but the model needs {}; give one array of all examples, or one "
        "with an axis of steps in front{}",
        input.name(), to_string(array.dims()), to_string(input.type()), axes_remedy({&input}));
  }
  if (array.size() == 0 && array.dims().front() > 0) {
    fail("array '{}' has extents {}: there is nothing in it", input.name(),
         to_string(array.dims()));
  }
}

// The axis along which an array holds so many examples: the assumed one if it does.
std::optional<std::int64_t> Dataset::find_axis(const Value& input, std::int64_t examples) const {
  const Tensor& array = arrays_.at(input.name());
  std::vector<std::int64_t> axes{batch_axis(input.name())};
  for (std::int64_t axis = 0; axis < array.rank(); ++axis) axes.push_back(axis);
  for (const std::int64_t axis : axes) {
    if (axis < 0 || axis >= array.rank() || array.dims()[axis] != examples) continue;
    if (!input.type().has_rank() || fits(input, array, axis)) return axis;
  }
  return std::nullopt;
}

// Axes other than the assumed ones along which all the arrays hold the same number of examples, as
// the options that say so; of several ways the one with the fewest. Empty where there is none.
std::string Dataset::axes_remedy(const std::vector<const Value*>& inputs) const {
  if (is_steps_) return "";
  std::vector<std::string> best;
  for (const std::int64_t examples : arrays_.at(inputs.front()->name()).dims()) {
    std::vector<std::string> axes;
    const bool is_possible = std::all_of(inputs.begin(), inputs.end(), [&](const Value* input) {
      const std::optional<std::int64_t> axis = find_axis(*input, examples);
      if (axis && *axis != batch_axis(input->name())) {
        axes.push_back(fmt::format("--batch-axis {}={}", input->name(), *axis));
      }
      return axis.has_value();
    });
    if (is_possible && !axes.empty() && (best.empty() || axes.size() < best.size())) best = axes;
  }
  if (best.empty()) return "";
  return fmt::format("; if examples are counted along another axis, give {}", fmt::join(best, " "));
}

void Dataset::fail_for_missing(const std::vector<const Value*>& wanted,
                               const std::string& target) const {
  const Value* first = nullptr;
  std::vector<std::string> states;
  for (const Value* input : wanted) {
    if (arrays_.contains(input->name()) || !input->is_used()) continue;
    if (first == nullptr) first = input;
    for (const CarriedState& state : options_.proposed_states) {
      if (state.input == input->name()) states.push_back("--state " + to_string(state));
    }
  }
  fail("has no array '{}'{}{}", first->name(),
       first->name() == target ? ", the targets" : ", an input of the model",
       states.empty()
           ? ""
           : fmt::format("; to carry states from step to step in place of arrays, give {}",
                         fmt::join(states, " ")));
}

void Dataset::count_batches(const std::vector<const Value*>& wanted) {
  std::int64_t fixed = 0;
  for (const Value* input : wanted) {
    const Tensor& array = arrays_.at(input->name());
    const std::int64_t axis = is_steps_ ? 0 : batch_axis(input->name());
    if (axis < 0 || axis >= array.rank()) {
      fail("array '{}' has no axis {} to count examples along", input->name(), axis);
    }
    const std::int64_t count = array.dims()[axis];
    if (input != wanted.front() && count != samples_) {
      fail("array '{}' holds {} {} but '{}' {}{}", input->name(), count,
           is_steps_ ? "steps" : "examples", wanted.front()->name(), samples_, axes_remedy(wanted));
    }
    samples_ = count;
    if (is_steps_ || !input->type().has_rank()) continue;
    const Dim& dim = (*input->type().shape)[axis];
    if (dim.is_known()) fixed = dim.size();
  }
  if (samples_ == 0) fail("holds no examples");
  if (is_steps_) {
    if (options_.batch_size > 0) {
      fail("its arrays hold whole batches; do not give a batch size");
    }
    batches_ = samples_;
    return;
  }
  if (fixed > 0 && options_.batch_size > 0 && options_.batch_size != fixed) {
    fail("the model is made for batches of {}; a batch size of {} cannot be had", fixed,
         options_.batch_size);
  }
  batch_size_ = fixed > 0                 ? fixed
                : options_.batch_size > 0 ? options_.batch_size
                                          : std::min(kUsualBatchSize, samples_);
  options_.drop_last = options_.drop_last || fixed > 0;
  batches_ =
      options_.drop_last ? samples_ / batch_size_ : (samples_ + batch_size_ - 1) / batch_size_;
  if (batches_ == 0) fail("holds {} examples, less than one batch of {}", samples_, batch_size_);
}

void Dataset::count_chunks(const std::string& target) {
  const Tensor& array = arrays_.at(target);
  if (is_steps_) fail("its arrays hold whole batches, which cannot be cut into chunks of time");
  if (array.rank() < 2) fail("the targets have no time axis to cut chunks from");
  length_ = array.dims()[time_axis(target)];
  chunks_ = options_.drop_last ? length_ / options_.chunk
                               : (length_ + options_.chunk - 1) / options_.chunk;
  if (chunks_ == 0)
    fail("its sequences of {} steps are shorter than a chunk of {}", length_, options_.chunk);
}

void Dataset::find_buckets(const std::vector<const Value*>& wanted, const std::string& target) {
  if (is_steps_) fail("its arrays hold whole batches, which cannot be made by length");
  if (options_.chunk > 0) fail("batches of like length are not cut into chunks of time");
  buckets_.emplace(wanted, target, arrays_, options_.batch_axes, options_.ignored_class);
}

std::int64_t Dataset::samples(std::int64_t index) const {
  if (is_steps_) {
    const auto& [name, array] = *arrays_.begin();
    const std::int64_t axis = batch_axis(name) + 1;
    return axis < array.rank() ? array.dims()[axis] : 1;
  }
  const std::int64_t first = index / chunks_ * batch_size_;
  return std::min(batch_size_, samples_ - first);
}

void Dataset::find_order(std::int64_t epoch) {
  if (order_epoch_ == epoch) return;
  order_epoch_ = epoch;
  const auto numbers = [&](std::int64_t count, std::uint64_t seed) {
    return options_.shuffle ? shuffled(count, seed, epoch) : range(0, count);
  };
  order_ = numbers(samples_, options_.seed);
  if (!buckets_) return;
  const std::vector<std::int64_t> batches = numbers(samples_ / batch_size_, options_.seed + 1);
  order_ = buckets_->sorted(std::move(order_), batch_size_, batches);
}

Batch Dataset::batch(std::int64_t epoch, std::int64_t index) {
  find_order(epoch);
  const std::int64_t first = index / chunks_ * batch_size_;
  const std::int64_t count = is_steps_ ? 1 : samples(index);
  const std::span<const std::int64_t> chosen(order_.data() + first,
                                             static_cast<std::size_t>(count));
  const std::int64_t from = index % chunks_ * options_.chunk;
  const std::vector<std::int64_t> times =
      options_.chunk > 0 ? range(from, std::min(length_, from + options_.chunk))
                         : std::vector<std::int64_t>();
  Batch batch;
  for (const auto& [name, array] : arrays_) {
    Tensor part = take(array, is_steps_ ? 0 : batch_axis(name), chosen);
    if (is_steps_) part = part.reshaped(Dims(array.dims().begin() + 1, array.dims().end()));
    const bool has_time =
        !times.empty() && array.rank() > 1 && array.dims()[time_axis(name)] == length_;
    batch[name] = has_time ? take(part, time_axis(name), times) : part;
  }
  if (buckets_) buckets_->cut(batch, chosen);
  return batch;
}

}  // namespace gatefold
