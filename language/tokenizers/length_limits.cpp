#include "language/tokenizers/length_limits.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "ir/error.h"

namespace gatefold {
namespace {

using nlohmann::json;

/// The most that a file may ask for; beyond it is a mistake.
constexpr std::int64_t kMostIds = std::int64_t{1} << 24;

/// Makes a field that sets a number of ids.
JsonField count_field(std::string_view name, std::int64_t& count) {
  return {name,
          [name, &count](const json& value) {
            json_field(name, count).read(value);
            if (count < 0 || count > kMostIds) {
              fail("field '{}' is {}; it must be from 0 to {}", name, count, kMostIds);
            }
          },
          /*is_required=*/true};
}

JsonField direction_field(bool& is_left) {
  return {"direction", [&is_left](const json& value) {
            if (value != "Left" && value != "Right") {
              refuse_kind("direction", value, "Left or Right");
            }
            is_left = value == "Left";
          }};
}

/// The strategies of a single text come to the same.
JsonField truncation_strategy_field() {
  return {"strategy", [](const json& value) {
            if (value != "LongestFirst" && value != "OnlyFirst") {
              refuse_kind("strategy", value, "LongestFirst or OnlyFirst, as there is one text");
            }
          }};
}

/// "BatchLongest", which leaves a single text as it is, or {"Fixed": …}.
JsonField padding_strategy_field(std::int64_t& length) {
  return {"strategy", [&length](const json& value) {
            if (value == "BatchLongest") return;
            read_fields(value, "the padding's strategy", {count_field("Fixed", length)});
          }};
}

}  // namespace

Ids LengthLimits::cut(Ids ids, std::int64_t added) const {
  if (!longest) return ids;
  const std::int64_t surplus = std::ssize(ids) - std::max<std::int64_t>(*longest - added, 0);
  if (surplus <= 0) return ids;
  const auto begin = cuts_beginning ? ids.begin() : ids.end() - surplus;
  ids.erase(begin, begin + surplus);
  return ids;
}

Ids LengthLimits::pad(Ids ids) const {
  if (!pads) return ids;
  const std::int64_t size = std::max(std::ssize(ids), shortest);
  const std::int64_t padded = (size + multiple - 1) / multiple * multiple;
  const auto place = pads_beginning ? ids.begin() : ids.end();
  ids.insert(place, static_cast<std::size_t>(padded - std::ssize(ids)), padding_id);
  return ids;
}

JsonField truncation_field(LengthLimits& limits) {
  return {"truncation", [&limits](const json& value) {
            read_fields(value, "the truncation",
                        {direction_field(limits.cuts_beginning),
                         count_field("max_length", limits.longest.emplace()),
                         truncation_strategy_field(), json_information("stride")});
          }};
}

JsonField padding_field(LengthLimits& limits) {
  return {"padding", [&limits](const json& value) {
            limits.pads = true;
            JsonField multiple = count_field("pad_to_multiple_of", limits.multiple);
            multiple.is_required = false;
            read_fields(
                value, "the padding",
                {padding_strategy_field(limits.shortest), direction_field(limits.pads_beginning),
                 multiple, count_field("pad_id", limits.padding_id),
                 json_information("pad_type_id"), json_information("pad_token")});
            limits.multiple = std::max<std::int64_t>(limits.multiple, 1);
          }};
}

}  // namespace gatefold
