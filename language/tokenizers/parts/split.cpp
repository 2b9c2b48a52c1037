#include "language/tokenizers/parts/split.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/pattern.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

/// A part of a piece: a match, or what lies between matches.
struct Part {
  TextSpan span;
  bool is_match = false;
};

std::vector<Part> parts_of(std::size_t size, std::span<const TextSpan> matches, bool is_inverted) {
  std::vector<Part> parts;
  std::size_t done = 0;
  for (const TextSpan& match : matches) {
    if (done < match.begin) parts.push_back({{done, match.begin}, is_inverted});
    parts.push_back({match, !is_inverted});
    done = match.end;
  }
  if (done < size) parts.push_back({{done, size}, is_inverted});
  return parts;
}

void remove_matches(std::vector<Part>& parts) {
  std::erase_if(parts, [](const Part& part) { return part.is_match; });
}

void keep_all(std::vector<Part>&) {}

/// Joins each part with the one before it where `belongs` says so of the two.
template <typename Belongs>
void join(std::vector<Part>& parts, const Belongs& belongs) {
  std::vector<Part> joined;
  bool was_match = false;
  for (const Part& part : parts) {
    if (!joined.empty() && belongs(was_match, part.is_match)) {
      TextSpan& last = joined.back().span;
      last = {std::min(last.begin, part.span.begin), std::max(last.end, part.span.end)};
    } else {
      joined.push_back(part);
    }
    was_match = part.is_match;
  }
  parts = std::move(joined);
}

void join_matches_to_previous(std::vector<Part>& parts) {
  join(parts, [](bool was_match, bool is_match) { return is_match && !was_match; });
}

void join_matches_to_next(std::vector<Part>& parts) {
  std::reverse(parts.begin(), parts.end());
  join_matches_to_previous(parts);
  std::reverse(parts.begin(), parts.end());
}

void join_alike(std::vector<Part>& parts) {
  join(parts, [](bool was_match, bool is_match) { return is_match == was_match; });
}

struct BehaviorRow {
  std::string_view name;
  SplitBehavior behavior;
  void (*apply)(std::vector<Part>& parts);
};

constexpr BehaviorRow kBehaviors[] = {
    {"Removed", SplitBehavior::kRemoved, remove_matches},
    {"Isolated", SplitBehavior::kIsolated, keep_all},
    {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious, join_matches_to_previous},
    {"MergedWithNext", SplitBehavior::kMergedWithNext, join_matches_to_next},
    {"Contiguous", SplitBehavior::kContiguous, join_alike},
};

}  // namespace

std::vector<Piece> split(const Piece& piece, std::span<const TextSpan> matches,
                         SplitBehavior behavior, bool is_inverted) {
  std::vector<Part> parts = parts_of(piece.text.size(), matches, is_inverted);
  std::find_if(std::begin(kBehaviors), std::end(kBehaviors), [&](const BehaviorRow& row) {
    return row.behavior == behavior;
  })->apply(parts);
  std::vector<Piece> pieces;
  for (const auto& [span, is_match] : parts) {
    pieces.push_back(
        {piece.text.substr(span.begin, span.end - span.begin), piece.is_first && span.begin == 0});
  }
  return pieces;
}

std::vector<Piece> split(const Piece& piece, const CharacterTest& test, SplitBehavior behavior) {
  return split(piece, find_characters(piece.text, test), behavior);
}

JsonField behavior_field(SplitBehavior& behavior) {
  return {"behavior", [&behavior](const nlohmann::json& value) {
            const auto* row =
                std::find_if(std::begin(kBehaviors), std::end(kBehaviors),
                             [&](const BehaviorRow& candidate) { return value == candidate.name; });
            if (row == std::end(kBehaviors)) {
              refuse_kind("behavior", value,
                          "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
            }
            behavior = row->behavior;
          }};
}

PreTokenizer make_split(const nlohmann::json& settings) {
  Pattern pattern;
  SplitBehavior behavior{};
  bool is_inverted = false;
  JsonField behavior_setting = behavior_field(behavior);
  behavior_setting.is_required = true;
  read_settings(settings,
                {pattern_field(pattern), behavior_setting, required_field("invert", is_inverted)});
  return [pattern, behavior, is_inverted](const Piece& piece) {
    return split(piece, pattern(piece.text), behavior, is_inverted);
  };
}

}  // namespace gatefold
