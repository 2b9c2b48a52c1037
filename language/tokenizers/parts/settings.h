#pragma once

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "session/training/json_fields.h"

namespace gatefold {

/// One kind of a part: the name in the field `type`, and the function that makes the part of its
/// JSON object. It throws Error for settings that it does not know.
template <typename Part>
struct PartKind {
  std::string_view type;
  Part (*make)(const nlohmann::json& settings);
};

/// Makes a part of the kind that its field `type` names. Messages call the part `role`, as "the
/// decoder". Throws Error for a type that is not in the table, listing those that are.
template <typename Part>
Part make_part(const nlohmann::json& settings, std::string_view role,
               std::span<const PartKind<Part>> kinds) {
  if (!settings.is_object() || !settings.contains("type") || !settings["type"].is_string()) {
    fail("{} must be an object with a field 'type'", role);
  }
  const std::string type = settings["type"].get<std::string>();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const PartKind<Part>& candidate) {
    return candidate.type == type;
  });
  if (kind != kinds.end()) return kind->make(settings);
  std::vector<std::string_view> names;
  for (const PartKind<Part>& candidate : kinds) names.push_back(candidate.type);
  fail("{} is of type '{}', which is not supported; supported are {}", role, type,
       fmt::join(names, ", "));
}

/// Makes a field that sets a value and must be there.
template <typename T>
JsonField required_field(std::string_view name, T& target) {
  JsonField field = json_field(name, target);
  field.is_required = true;
  return field;
}

/// Reads the settings of a part: `fields`, and the field `type`. Throws Error as read_fields does.
void read_settings(const nlohmann::json& settings, std::vector<JsonField> fields);

/// Reads a list of parts, each by `make`, from a field that must be there.
template <typename Part>
std::vector<Part> read_parts(const nlohmann::json& settings, std::string_view field,
                             Part (*make)(const nlohmann::json& settings)) {
  std::vector<Part> parts;
  JsonField list =
      json_list_field(field, [&](const nlohmann::json& entry) { parts.push_back(make(entry)); });
  list.is_required = true;
  read_settings(settings, {list});
  return parts;
}

}  // namespace gatefold
