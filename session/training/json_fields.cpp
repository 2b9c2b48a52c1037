#include "session/training/json_fields.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "ir/nearest_name.h"

namespace gatefold {
namespace {

using nlohmann::json;

void refuse_unknown(const json& object, std::string_view where,
                    const std::vector<JsonField>& fields) {
  std::vector<std::string_view> names;
  for (const JsonField& field : fields) names.push_back(field.name);
  for (const auto& [name, value] : object.items()) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    fail("{} has no field '{}'; did you mean '{}'? there are: {}", where, name,
         nearest_name(name, names), fmt::join(names, ", "));
  }
}

}  // namespace

void read_fields(const json& object, std::string_view where, const std::vector<JsonField>& fields) {
  if (!object.is_object()) fail("{} is {}, but must be an object", where, object.dump());
  refuse_unknown(object, where, fields);
  for (const JsonField& field : fields) {
    const auto found = object.find(field.name);
    const bool is_given = found != object.end() && !found->is_null();
    if (is_given) {
      field.read(*found);
    } else if (field.is_required) {
      fail("{} has no field '{}' in {}", where, field.name, object.dump());
    }
  }
}

void refuse_kind(std::string_view field, const json& value, std::string_view wanted) {
  fail("field '{}' has the value {}, but must be {}", field, value.dump(), wanted);
}

JsonField json_object_field(std::string_view name, std::string_view where,
                            std::vector<JsonField> fields) {
  return {name, [name, where, fields = std::move(fields)](const json& value) {
            if (!value.is_object()) refuse_kind(name, value, "an object");
            read_fields(value, where, fields);
          }};
}

JsonField json_list_field(std::string_view name, std::function<void(const json& entry)> read) {
  return {name, [name, read = std::move(read)](const json& value) {
            if (!value.is_array()) refuse_kind(name, value, "a list");
            for (const json& entry : value) read(entry);
          }};
}

JsonField json_information(std::string_view name) {
  return {name, [](const json&) {}};
}

}  // namespace gatefold
