#include "language/corpora/negative_sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "ir/error.h"
#include "ir/random.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

constexpr std::int64_t kUsualBatchSize = 256;

}  // namespace

NegativeSampling::NegativeSampling(const DataSource& source, std::string candidates,
                                   std::string target, const BatchOptions& batches,
                                   const WordPairOptions& options)
    : source_(source.name()),
      candidates_(std::move(candidates)),
      target_(std::move(target)),
      batches_(batches),
      options_(options) {
  if (batches_.batch_size == 0) batches_.batch_size = kUsualBatchSize;
  const auto arrays = source.path.empty() ? source.arrays : read_npz(source.path);
  const auto text = arrays.find("tokens");
  if (text == arrays.end() || text->second.rank() != 1) {
    fail("{}: there is no array 'tokens' with one axis, the text", source_);
  }
  tokens_ = text->second.converted(DataType::kInt64);
}

void NegativeSampling::require_examples() const {
  if (examples() == 0) fail("{}: no two tokens stand beside each other", source_);
}

void NegativeSampling::count_shares() {
  const std::span<const std::int64_t> text = tokens();
  shares_.assign(static_cast<std::size_t>(*std::max_element(text.begin(), text.end()) + 1), 0);
  for (const std::int64_t token : text) {
    if (token >= 0) shares_[token] += 1;
  }
  for (double& share : shares_) share = std::pow(share, 0.75);
  std::partial_sum(shares_.begin(), shares_.end(), shares_.begin());
}

std::int64_t NegativeSampling::batches_per_epoch() const {
  return (examples() + batches_.batch_size - 1) / batches_.batch_size;
}

std::int64_t NegativeSampling::samples(std::int64_t index) const {
  return std::min(batches_.batch_size, examples() - index * batches_.batch_size);
}

// Neighbouring examples share tokens, so they are always shuffled.
void NegativeSampling::find_order(std::int64_t epoch) {
  if (order_epoch_ == epoch) return;
  if (shares_.empty()) count_shares();
  order_epoch_ = epoch;
  order_ = shuffled(examples(), batches_.seed, epoch);
}

std::int64_t NegativeSampling::draw(double share) const {
  const auto found = std::upper_bound(shares_.begin(), shares_.end(), share * shares_.back());
  return std::min<std::int64_t>(found - shares_.begin(), std::ssize(shares_) - 1);
}

Batch NegativeSampling::batch(std::int64_t epoch, std::int64_t index) {
  find_order(epoch);
  const RandomNumbers random(
      RandomNumbers(batches_.seed + 1).bits(static_cast<std::uint64_t>(epoch)));
  const std::int64_t first = index * batches_.batch_size;
  const std::int64_t count = samples(index);
  const std::int64_t width = 1 + options_.negatives;
  const std::span<const std::int64_t> chosen(order_.data() + first,
                                             static_cast<std::size_t>(count));
  Tensor candidates(DataType::kInt64, {count, width});
  Tensor target(DataType::kFloat32, {count, width});
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t* row = candidates.data<std::int64_t>() + i * width;
    row[0] = right_token(chosen[i]);
    target.data<float>()[i * width] = 1;
    for (std::int64_t k = 1; k < width; ++k) {
      row[k] = draw(random.uniform(static_cast<std::uint64_t>((first + i) * width + k)));
    }
  }
  Batch batch{{candidates_, candidates}, {target_, target}};
  add_inputs(chosen, batch);
  return batch;
}

}  // namespace gatefold
