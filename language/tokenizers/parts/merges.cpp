#include "language/tokenizers/parts/merges.h"

#include <functional>
#include <queue>
#include <tuple>
#include <vector>

namespace gatefold {
namespace {

std::uint64_t key_of(std::int64_t left, std::int64_t right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint64_t>(right);
}

}  // namespace

void Merges::add(std::int64_t left, std::int64_t right, std::int64_t merged) {
  merges_.insert_or_assign(key_of(left, right), Merge{count_++, merged});
}

const Merges::Merge* Merges::find(std::int64_t left, std::int64_t right) const {
  const auto found = merges_.find(key_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

/// Tokens as a list in which neighbours are merged.
class Merges::Word {
 public:
  Word(const Merges& merges, const Ids& tokens) : merges_(merges) {
    const auto size = std::ssize(tokens);
    for (std::ptrdiff_t at = 0; at < size; ++at) {
      nodes_.push_back({tokens[at], at - 1, at + 1 < size ? at + 1 : kNone});
    }
    for (std::ptrdiff_t at = 0; at < size; ++at) propose(at);
  }

  void merge_all() {
    while (!proposals_.empty()) {
      const auto [rank, at, merged] = proposals_.top();
      proposals_.pop();
      const Merge* merge = merge_at(at);
      const bool is_valid = merge != nullptr && merge->merged == merged;
      if (is_valid) merge_with_next(at, merged);
    }
  }

  Ids tokens() const {
    Ids tokens;
    for (const Node& node : nodes_) {
      if (node.token != kNone) tokens.push_back(node.token);
    }
    return tokens;
  }

 private:
  static constexpr std::ptrdiff_t kNone = -1;

  struct Node {
    std::int64_t token;
    std::ptrdiff_t previous;
    std::ptrdiff_t next;
  };

  /// The merge of the token at a place and the next one, if there is any.
  const Merge* merge_at(std::ptrdiff_t at) const {
    const Node& node = nodes_[at];
    if (node.token == kNone || node.next == kNone) return nullptr;
    return merges_.find(node.token, nodes_[node.next].token);
  }

  void propose(std::ptrdiff_t at) {
    if (const Merge* merge = merge_at(at)) proposals_.emplace(merge->rank, at, merge->merged);
  }

  void merge_with_next(std::ptrdiff_t at, std::int64_t merged) {
    Node& node = nodes_[at];
    Node& removed = nodes_[node.next];
    node.token = merged;
    node.next = removed.next;
    if (node.next != kNone) nodes_[node.next].previous = at;
    removed.token = kNone;
    if (node.previous != kNone) propose(node.previous);
    propose(at);
  }

  using Proposal = std::tuple<std::int64_t, std::ptrdiff_t, std::int64_t>;

  const Merges& merges_;
  std::vector<Node> nodes_;
  std::priority_queue<Proposal, std::vector<Proposal>, std::greater<>> proposals_;
};

Ids Merges::apply(const Ids& tokens) const {
  Word word(*this, tokens);
  word.merge_all();
  return word.tokens();
}

}  // namespace gatefold
