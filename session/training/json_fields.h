#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ir/error.h"

namespace gatefold {

/// A field that a JSON object may have, and the function that reads its value.
struct JsonField {
  std::string_view name;
  /// Not called for null, which counts as no field. Throws Error for a value that it cannot take.
  std::function<void(const nlohmann::json& value)> read;
  bool is_required = false;
};

/// Reads an object by the list of all fields that it may have, in the order of the list. Messages
/// call the object `where`, as "the loss". Throws Error when it is not an object, when it has a
/// field that is not in the list (proposing the nearest name), and when a required field is
/// missing.
void read_fields(const nlohmann::json& object, std::string_view where,
                 const std::vector<JsonField>& fields);

/// Throws the Error for a value of the wrong kind.
[[noreturn]] void refuse_kind(std::string_view field, const nlohmann::json& value,
                              std::string_view wanted);

/// Returns what messages call a value of the type.
template <typename T>
constexpr std::string_view json_kind() {
  if (std::is_same_v<T, bool>) return "true or false";
  if (std::is_same_v<T, std::string>) return "a text";
  if (std::is_integral_v<T>) return "an integer";
  return std::is_floating_point_v<T> ? "a number" : "a list of numbers";
}

/// Makes a field that sets a number, text, truth value, or list of numbers. Reading throws Error
/// for a value of another kind, such as a fraction instead of an integer.
template <typename T>
JsonField json_field(std::string_view name, T& target) {
  return {name, [name, &target](const nlohmann::json& value) {
            const bool fits = std::is_same_v<T, bool>       ? value.is_boolean()
                              : std::is_integral_v<T>       ? value.is_number_integer()
                              : std::is_floating_point_v<T> ? value.is_number()
                                                            : true;
            if (!fits) refuse_kind(name, value, json_kind<T>());
            try {
              target = value.get<T>();
            } catch (const nlohmann::json::exception&) {
              refuse_kind(name, value, json_kind<T>());
            }
          }};
}

template <typename T>
JsonField json_field(std::string_view name, std::optional<T>& target) {
  return {name, [name, &target](const nlohmann::json& value) {
            json_field(name, target.emplace()).read(value);
          }};
}

/// Makes a field that sets a number, which must be more than 0.
template <typename T>
JsonField positive_json_field(std::string_view name, T& target) {
  return {name, [name, &target](const nlohmann::json& value) {
            json_field(name, target).read(value);
            if (!(target > 0))
              fail("field '{}' is {}; it must be more than 0, or null", name, target);
          }};
}

/// Makes a field that must hold one fixed value.
template <typename T>
JsonField fixed_json_field(std::string_view name, T only) {
  return {name, [name, only](const nlohmann::json& value) {
            if (value != nlohmann::json(only)) {
              fail("field '{}' is {}; there is no other than {}", name, value.dump(),
                   nlohmann::json(only).dump());
            }
          }};
}

/// Makes a field that holds an object with fields of its own; messages call it `where`.
JsonField json_object_field(std::string_view name, std::string_view where,
                            std::vector<JsonField> fields);

/// Makes a field that holds a list, each entry of which `read` reads.
JsonField json_list_field(std::string_view name,
                          std::function<void(const nlohmann::json& entry)> read);

/// Makes a field that is accepted and not used: information for people.
JsonField json_information(std::string_view name);

}  // namespace gatefold
