#include "language/corpora/teacher_forcing.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ir/error.h"
#include "ir/number_text.h"
#include "ir/random.h"

namespace gatefold {

ForcedShare parse_forced_share(const std::string& text) {
  const auto parse = [&](std::string_view part) {
    const auto share = number_from_text<double>(part);
    if (!share || !(*share >= 0 && *share <= 1)) {
      fail("--teacher-forcing {} is not FROM:TO, two shares from 0 to 1 such as 1:0.3", text);
    }
    return *share;
  };
  const std::string_view both = text;
  const std::size_t colon = std::min(both.find(':'), both.size());
  return {parse(both.substr(0, colon)), parse(both.substr(std::min(colon + 1, both.size())))};
}

TeacherForcing::TeacherForcing(std::unique_ptr<BatchSource> source, ForcedShare share,
                               std::uint64_t seed)
    : source_(std::move(source)), share_(share), seed_(seed) {}

double TeacherForcing::share_of(std::int64_t batch) const {
  if (run_length_ == 0) return 1;
  const double passed =
      static_cast<double>(batch) / static_cast<double>(std::max<std::int64_t>(1, run_length_ - 1));
  return share_.first + (share_.last - share_.first) * std::min(1.0, passed);
}

Batch TeacherForcing::batch(std::int64_t epoch, std::int64_t index) {
  Batch batch = source_->batch(epoch, index);
  const std::int64_t number = epoch * batches_per_epoch() + index;
  const double share = share_of(number);
  // Apart from the draws of shuffling.
  const RandomNumbers random(RandomNumbers(seed_ + 2).bits(static_cast<std::uint64_t>(number)));
  Tensor forced(DataType::kBool, {batch.at("target_tokens").dims()[1]});
  for (std::int64_t t = 0; t < forced.size(); ++t) {
    forced.data<bool>()[t] = random.uniform(static_cast<std::uint64_t>(t)) < share;
  }
  batch["forced"] = forced;
  return batch;
}

}  // namespace gatefold
