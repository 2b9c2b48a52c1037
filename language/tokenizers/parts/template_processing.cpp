#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

using nlohmann::json;

/// The ids that each special token of the template stands for, by its name there.
JsonField special_tokens_field(std::map<std::string, Ids>& special) {
  return {"special_tokens", [&special](const json& tokens) {
            if (!tokens.is_object()) refuse_kind("special_tokens", tokens, "an object");
            for (const auto& [name, entry] : tokens.items()) {
              read_fields(entry, "an entry of 'special_tokens'",
                          {json_information("id"), required_field("ids", special[name]),
                           json_information("tokens")});
            }
          }};
}

/// What a template puts around a text.
struct Surroundings {
  Ids before;
  Ids after;
  bool is_behind = false;
};

void read_template_piece(const json& piece, const std::map<std::string, Ids>& special,
                         Surroundings& around) {
  std::optional<std::string> sequence;
  std::optional<std::string> token;
  read_fields(piece, "a piece of the template",
              {json_object_field("Sequence", "the piece 'Sequence'",
                                 {json_field("id", sequence), json_information("type_id")}),
               json_object_field("SpecialToken", "the piece 'SpecialToken'",
                                 {json_field("id", token), json_information("type_id")})});
  if (token) {
    const auto ids = special.find(*token);
    if (ids == special.end()) fail("the template's token '{}' is not in 'special_tokens'", *token);
    Ids& side = around.is_behind ? around.after : around.before;
    side.insert(side.end(), ids->second.begin(), ids->second.end());
  } else {
    if (sequence != "A" || around.is_behind) fail("field 'single' must hold sequence A once");
    around.is_behind = true;
  }
}

}  // namespace

PostProcessor make_template_processing(const json& settings) {
  std::map<std::string, Ids> special;
  Surroundings around;
  JsonField single = json_list_field(
      "single", [&](const json& piece) { read_template_piece(piece, special, around); });
  single.is_required = true;
  read_settings(settings, {special_tokens_field(special), single, json_information("pair")});
  if (!around.is_behind) fail("field 'single' must hold sequence A once");
  return [before = around.before, after = around.after](Ids ids) {
    ids.insert(ids.begin(), before.begin(), before.end());
    ids.insert(ids.end(), after.begin(), after.end());
    return ids;
  };
}

}  // namespace gatefold
