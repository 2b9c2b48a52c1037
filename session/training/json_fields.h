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

/// A field that a JSON object may have, and what takes its value.
struct JsonField {
  std::string_view name;
  /// Not called for null, which is as good as no field. Throws Error for a value it cannot take.
  std::function<void(const nlohmann::json& value)> read;
  bool is_required = false;
};

/// Reads an object by the list of all fields that it may have, in the order of the list. `where` is
/// what messages call it: "the loss". Throws Error when it is no object, a field is not in the list
/// (the nearest name of the list is proposed), or a required one is missing.
void read_fields(const nlohmann::json& object, std::string_view where,
                 const std::vector<JsonField>& fields);

/// Throws Error: the value is of the wrong kind.
[[noreturn]] void refuse_kind(std::string_view field, const nlohmann::json& value,
                              std::string_view wanted);

/// What a value of the type is called.
template <typename T>
constexpr std::string_view json_kind() {
  if (std::is_same_v<T, bool>) return "true or false";
  if (std::is_same_v<T, std::string>) return "a text";
  if (std::is_integral_v<T>) return "an integer";
  return std::is_floating_point_v<T> ? "a number" : "a list of numbers";
}

/// Sets a number, text, truth value, or list of numbers. Throws Error for a value of another kind,
/// as for a fraction in place of an integer.
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

/// The same for a number that must be more than 0.
template <typename T>
JsonField positive_json_field(std::string_view name, T& target) {
  return {name, [name, &target](const nlohmann::json& value) {
            json_field(name, target).read(value);
            if (!(target > 0))
              fail("field '{}' is {}; it must be more than 0, or null", name, target);
          }};
}

/// A field that must hold what it is the only choice for.
template <typename T>
JsonField fixed_json_field(std::string_view name, T only) {
  return {name, [name, only](const nlohmann::json& value) {
            if (value != nlohmann::json(only)) {
              fail("field '{}' is {}; there is no other than {}", name, value.dump(),
                   nlohmann::json(only).dump());
            }
          }};
}

/// An object of its own fields, called `where` in messages.
JsonField json_object_field(std::string_view name, std::string_view where,
                            std::vector<JsonField> fields);

/// A list, whose entries `read` takes.
JsonField json_list_field(std::string_view name,
                          std::function<void(const nlohmann::json& entry)> read);

/// A field that tells readers something and changes nothing.
JsonField json_information(std::string_view name);

}  // namespace gatefold
