#include "language/decoding/beam_search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "language/decoding/scores.h"
#include "session/arrays/slices.h"

namespace gatefold {
namespace {

/// Adds the logarithms of the probabilities that scores stand for.
void append_log_softmax(std::span<const float> scores, std::vector<double>& result) {
  const double shift = log_sum_exp(scores);
  for (const float score : scores) result.push_back(score - shift);
}

/// The axis of each input along which sequences are counted: the one that is named like the first
/// axis of the tokens.
std::map<std::string, std::int64_t> batch_axes(const CompiledModel& decoder) {
  const Dim batch = decoder.input("target_tokens").type.shape->front();
  std::map<std::string, std::int64_t> axes;
  for (const ModelPort& port : decoder.inputs()) {
    if (!port.type.has_rank()) continue;
    const Shape& shape = *port.type.shape;
    const auto found = std::find_if(shape.begin(), shape.end(),
                                    [&](const Dim& dim) { return dim.same_as(batch); });
    axes[port.name] = found == shape.end() ? 0 : found - shape.begin();
  }
  return axes;
}

/// A token that may follow a hypothesis.
struct Candidate {
  std::size_t parent = 0;
  std::int64_t token = 0;
  double sum = 0;
};

class BeamSearch {
 public:
  BeamSearch(Session& decoder, const NamedData& first, std::int64_t end, const BeamOptions& options)
      : decoder_(decoder),
        axes_(batch_axes(decoder.model())),
        inputs_(first),
        end_(end),
        options_(options) {}

  std::vector<Hypothesis> search(std::int64_t beginning) {
    std::vector<std::int64_t> tokens{beginning};
    for (std::int64_t length = 0; length < options_.longest && !is_done(); ++length) {
      const NamedData& outputs = run(tokens);
      const std::vector<Candidate> candidates = best_candidates(outputs);
      tokens = follow(candidates, outputs);
    }
    for (Hypothesis& open : open_) finished_.push_back(std::move(open));
    std::stable_sort(finished_.begin(), finished_.end(), [&](const auto& a, const auto& b) {
      return a.score(options_) > b.score(options_);
    });
    if (std::ssize(finished_) > options_.best) {
      finished_.resize(static_cast<std::size_t>(options_.best));
    }
    return std::move(finished_);
  }

 private:
  bool is_done() const { return open_.empty() || std::ssize(finished_) >= options_.size; }

  const NamedData& run(const std::vector<std::int64_t>& tokens) {
    inputs_["target_tokens"] = Tensor::of<std::int64_t>({std::ssize(tokens), 1}, std::span(tokens));
    return decoder_.run(inputs_);
  }

  /// The tokens with the highest sums after all hypotheses; enough of them that as many as the
  /// beam has go on when some end.
  std::vector<Candidate> best_candidates(const NamedData& outputs) const {
    const auto& logits = std::get<Tensor>(outputs.at("logits"));
    const auto vocabulary = static_cast<std::size_t>(logits.dims().back());
    std::vector<double> sums;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      append_log_softmax(logits.values<float>().subspan(i * vocabulary, vocabulary), sums);
      for (std::size_t token = i * vocabulary; token < sums.size(); ++token) {
        sums[token] += open_[i].sum;
      }
    }
    std::vector<std::size_t> order(sums.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto count = std::min(order.size(), static_cast<std::size_t>(2 * options_.size));
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                      order.end(), [&](std::size_t a, std::size_t b) {
                        return sums[a] > sums[b] || (sums[a] == sums[b] && a < b);
                      });
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < count; ++i) {
      candidates.push_back({order[i] / vocabulary, static_cast<std::int64_t>(order[i] % vocabulary),
                            sums[order[i]]});
    }
    return candidates;
  }

  Hypothesis extended(const Candidate& candidate, const NamedData& outputs) const {
    Hypothesis next = open_[candidate.parent];
    next.tokens.push_back(candidate.token);
    next.sum = candidate.sum;
    if (const auto found = outputs.find("attention"); found != outputs.end()) {
      const auto& rows = std::get<Tensor>(found->second);
      const auto width = static_cast<std::size_t>(rows.dims().back());
      const auto row = rows.values<float>().subspan(candidate.parent * width, width);
      next.attention.insert(next.attention.end(), row.begin(), row.end());
    }
    return next;
  }

  /// Goes on with the best candidates, and returns their tokens.
  std::vector<std::int64_t> follow(const std::vector<Candidate>& candidates,
                                   const NamedData& outputs) {
    std::vector<Hypothesis> next;
    std::vector<std::int64_t> tokens;
    std::vector<std::int64_t> parents;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& candidate = candidates[i];
      if (std::ssize(next) == options_.size) break;
      if (candidate.token == end_) {
        // A hypothesis that ends counts only if it is among the best of the beam.
        if (static_cast<std::int64_t>(i) < options_.size) {
          finished_.push_back(extended(candidate, outputs));
        }
        continue;
      }
      next.push_back(extended(candidate, outputs));
      tokens.push_back(candidate.token);
      parents.push_back(static_cast<std::int64_t>(candidate.parent));
    }
    open_ = std::move(next);
    take_parents(parents, outputs);
    return tokens;
  }

  /// Lets each sequence go on from what its parent left.
  void take_parents(const std::vector<std::int64_t>& parents, const NamedData& outputs) {
    std::map<std::string, std::string> sources;
    for (const CarriedState& state : decoder_.model().states()) sources[state.input] = state.output;
    for (auto& [name, datum] : inputs_) {
      if (name == "target_tokens") continue;
      const auto state = sources.find(name);
      const Datum& from = state == sources.end() ? datum : outputs.at(state->second);
      datum = take(std::get<Tensor>(from), axes_.at(name), parents);
    }
  }

  Session& decoder_;
  std::map<std::string, std::int64_t> axes_;
  NamedData inputs_;
  std::int64_t end_;
  const BeamOptions& options_;
  std::vector<Hypothesis> open_ = {Hypothesis{}};
  std::vector<Hypothesis> finished_;
};

}  // namespace

double Hypothesis::score(const BeamOptions& options) const {
  return sum / std::pow(static_cast<double>(tokens.size()), options.length_penalty);
}

std::vector<Hypothesis> search_beam(Session& decoder, const NamedData& first,
                                    std::int64_t beginning, std::int64_t end,
                                    const BeamOptions& options) {
  return BeamSearch(decoder, first, end, options).search(beginning);
}

}  // namespace gatefold
