#include "passes/rewriting/lengths.h"

#include <algorithm>

#include "passes/rewriting/spell_view.h"

namespace gatefold {
namespace {

// True when the numbers differ between sequences alone.
bool are_lengths(const View& numbers, std::size_t batch) {
  return std::all_of(numbers.runs.begin(), numbers.runs.end(), [&](const ViewIndex& index) {
    for (std::size_t k = 0; k < numbers.rank(); ++k) {
      if (k != batch && index.strides[k] != 0) return false;
    }
    return true;
  });
}

}  // namespace

std::optional<Count> steps_left(const View& mask, bool negates, std::size_t batch,
                                CountReader& reader) {
  const auto distances = reader.read_condition(mask, negates);
  if (!distances || distances->size() != 1) return std::nullopt;
  const Count& left = distances->front();
  const bool is_by_time =
      std::all_of(left.strides.begin() + (left.strides.empty() ? 0 : 1), left.strides.end(),
                  [](std::int64_t stride) { return stride == 0; });
  int lengths = 0;
  for (const CountTerm& term : left.terms) {
    if (!term.extent.empty()) continue;
    if (term.factor != 1 || !are_lengths(*term.read, batch)) return std::nullopt;
    ++lengths;
  }
  return is_by_time && lengths == 1 ? std::optional(left) : std::nullopt;
}

Value* build_lengths(Rewriter& rewriter, const Count& left, std::size_t batch, Value* x) {
  const auto number = [&](std::int64_t value) {
    return rewriter.add_constant("number", Tensor::scalar<std::int64_t>(value));
  };
  const auto cast = [&](Value* value, DataType type) {
    return rewriter.add("Cast", {value}, {{"to", static_cast<std::int64_t>(type)}});
  };
  const bool is_length = left.terms.size() == 1 && left.terms.front().read;
  Value* lengths =
      is_length ? spell(rewriter, with_axes(*left.terms.front().read, {batch})) : nullptr;
  if (lengths == nullptr) return nullptr;
  if (lengths->type().dtype != DataType::kInt64) lengths = cast(lengths, DataType::kInt64);
  if (left.offset != 0) lengths = rewriter.add("Add", {lengths, number(left.offset)});
  Value* steps = rewriter.add("Gather", {rewriter.add("Shape", {x}), number(0)});
  lengths = rewriter.add("Min", {rewriter.add("Max", {lengths, number(0)}), steps});
  return cast(lengths, DataType::kInt32);
}

}  // namespace gatefold
