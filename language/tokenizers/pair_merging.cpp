#include "language/tokenizers/pair_merging.h"

#include <algorithm>
#include <cassert>
#include <queue>
#include <string_view>
#include <unordered_map>

#include "language/text/characters.h"

namespace gatefold {
namespace {

constexpr std::int64_t kNone = -1;

using Pair = std::pair<std::int64_t, std::int64_t>;

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    const auto mixed =
        static_cast<std::uint64_t>(pair.first) << 32 ^ static_cast<std::uint64_t>(pair.second);
    return std::hash<std::uint64_t>()(mixed);
  }
};

/// A place in a word: its token, and the places beside it.
struct Place {
  std::int64_t token = kNone;
  std::int64_t previous = kNone;
  std::int64_t next = kNone;
  /// How often the word is in the texts.
  std::int64_t weight = 0;
};

/// Where a pair begins, places that have changed since included, and how often it is there.
struct Occurrences {
  std::vector<std::int64_t> places;
  std::int64_t count = 0;
};

/// A pair in the queue, with the count that it had when it was put there.
struct Candidate {
  std::int64_t count;
  Pair pair;

  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

class PairMerging {
 public:
  PairMerging(const std::map<std::string, std::int64_t>& words, std::vector<std::string> tokens);

  /// Makes a token of the most frequent pair; false when none is there `min_count` times.
  bool merge_next(std::int64_t min_count);
  LearnedPairs& learned() { return learned_; }

 private:
  void add_word(const std::string& word, std::int64_t weight);
  std::int64_t id_of(const std::string& token);
  /// Counts the pair that begins at a place, or counts it off.
  void count(std::int64_t place, int sign);
  void merge_at(std::int64_t place, std::int64_t merged);
  void merge(const Pair& pair);

  LearnedPairs learned_;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::vector<Place> places_;
  std::unordered_map<Pair, Occurrences, PairHash> pairs_;
  std::priority_queue<Candidate> queue_;
  /// Pairs that a merge has made.
  std::vector<Pair> risen_;
};

PairMerging::PairMerging(const std::map<std::string, std::int64_t>& words,
                         std::vector<std::string> tokens) {
  learned_.tokens = std::move(tokens);
  for (std::size_t id = 0; id < learned_.tokens.size(); ++id) {
    ids_.emplace(learned_.tokens[id], static_cast<std::int64_t>(id));
  }
  for (const auto& [word, weight] : words) add_word(word, weight);
  for (std::int64_t place = 0; place < std::ssize(places_); ++place) count(place, 1);
  for (const auto& [pair, occurrences] : pairs_) queue_.push({occurrences.count, pair});
}

void PairMerging::add_word(const std::string& word, std::int64_t weight) {
  std::int64_t previous = kNone;
  for (const std::string_view character : characters(word)) {
    const std::int64_t place = std::ssize(places_);
    assert(ids_.contains(std::string(character)));
    places_.push_back({ids_.at(std::string(character)), previous, kNone, weight});
    if (previous != kNone) places_[previous].next = place;
    previous = place;
  }
}

std::int64_t PairMerging::id_of(const std::string& token) {
  const auto [found, is_new] = ids_.emplace(token, std::ssize(learned_.tokens));
  if (is_new) learned_.tokens.push_back(token);
  return found->second;
}

void PairMerging::count(std::int64_t place, int sign) {
  if (place == kNone || places_[place].next == kNone) return;
  const Place& left = places_[place];
  const Pair pair{left.token, places_[left.next].token};
  Occurrences& occurrences = pairs_[pair];
  occurrences.count += sign * left.weight;
  if (sign < 0) return;
  occurrences.places.push_back(place);
  risen_.push_back(pair);
}

void PairMerging::merge_at(std::int64_t place, std::int64_t merged) {
  Place& left = places_[place];
  count(left.previous, -1);
  count(place, -1);
  count(left.next, -1);
  Place& right = places_[left.next];
  left.token = merged;
  left.next = right.next;
  if (left.next != kNone) places_[left.next].previous = place;
  right = {};
  count(left.previous, 1);
  count(place, 1);
}

void PairMerging::merge(const Pair& pair) {
  const std::string left = learned_.tokens[pair.first];
  const std::string right = learned_.tokens[pair.second];
  learned_.merges.emplace_back(left, right);
  const std::int64_t merged = id_of(left + right);
  std::vector<std::int64_t> places = std::move(pairs_[pair].places);
  std::sort(places.begin(), places.end());
  risen_.clear();
  for (const std::int64_t place : places) {
    const Place& first = places_[place];
    const bool is_there = first.token == pair.first && first.next != kNone &&
                          places_[first.next].token == pair.second;
    if (is_there) merge_at(place, merged);
  }
  std::sort(risen_.begin(), risen_.end());
  risen_.erase(std::unique(risen_.begin(), risen_.end()), risen_.end());
  for (const Pair& risen : risen_) queue_.push({pairs_[risen].count, risen});
}

bool PairMerging::merge_next(std::int64_t min_count) {
  while (!queue_.empty()) {
    const Candidate top = queue_.top();
    const std::int64_t count = pairs_[top.pair].count;
    if (top.count < std::max<std::int64_t>(min_count, 1)) return false;
    queue_.pop();
    if (count == top.count) {
      merge(top.pair);
      return true;
    }
    queue_.push({count, top.pair});
  }
  return false;
}

}  // namespace

LearnedPairs learn_pairs(const std::map<std::string, std::int64_t>& words,
                         std::vector<std::string> tokens, std::int64_t vocabulary_size,
                         std::int64_t min_count) {
  PairMerging merging(words, std::move(tokens));
  while (std::ssize(merging.learned().tokens) < vocabulary_size && merging.merge_next(min_count)) {
  }
  return std::move(merging.learned());
}

}  // namespace gatefold
