#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "passes/rewriting/element_function.h"

namespace gatefold {

/// Some expressions and all that they are made of, numbered anew in the order in which they are
/// read: parts of functions that compute the same are equal.
struct ElementPart {
  std::vector<ElementFunction::Expression> expressions;
  std::vector<ElementFunction::Id> roots;

  /// The part as a function of its own, with the same numbers.
  ElementFunction function() const;
  bool operator==(const ElementPart&) const = default;

  struct Hash {
    std::size_t operator()(const ElementPart& part) const;
  };
};

/// Reads parts of functions one after the other.
class ElementPartReader {
 public:
  using Id = ElementFunction::Id;

  /// Returns the part below the roots until the next one is read; nullptr for one that is too large
  /// to be a step, or has more sums than that has gates.
  const ElementPart* read(const ElementFunction& function, const std::vector<Id>& roots);
  /// The number that an expression of the part has in the function; kNone for kNone.
  Id source_of(Id id) const {
    return id == ElementFunction::kNone ? id : sources_[static_cast<std::size_t>(id)];
  }

 private:
  bool take(const ElementFunction& function, Id root);
  Id& place_of(Id id) { return places_[static_cast<std::size_t>(id)]; }

  ElementPart part_;
  int sums_ = 0;
  std::vector<Id> sources_;
  std::vector<Id> places_;  // In the part, of each expression of the function; kNone elsewhere.
};

/// Answers about parts of functions: each is asked for once.
template <typename Answer>
class ElementMemo {
 public:
  using Id = ElementFunction::Id;

  /// Returns what `ask(ElementFunction&, const std::vector<Id>& roots)` says of the part below the
  /// roots as a function of its own; nullptr for one that is too large.
  template <typename Ask>
  const Answer* find(const ElementFunction& function, const std::vector<Id>& roots, Ask ask) {
    const ElementPart* part = reader_.read(function, roots);
    if (part == nullptr) return nullptr;
    const auto known = answers_.find(*part);
    if (known != answers_.end()) return &known->second;
    ElementFunction own = part->function();
    return &answers_.emplace(*part, ask(own, part->roots)).first->second;
  }
  /// The number in the function of an expression of the part that was last looked at.
  Id source_of(Id id) const { return reader_.source_of(id); }

 private:
  ElementPartReader reader_;
  std::unordered_map<ElementPart, Answer, ElementPart::Hash> answers_;
};

}  // namespace gatefold
