#include "language/tokenizers/parts/settings.h"

namespace gatefold {

void read_settings(const nlohmann::json& settings, std::vector<JsonField> fields) {
  const std::string type = settings["type"].get<std::string>();
  // Said here because read_fields shows the whole object, which holds the vocabulary.
  for (const JsonField& field : fields) {
    const auto found = settings.find(field.name);
    if (field.is_required && (found == settings.end() || found->is_null())) {
      fail("{} has no field '{}'", type, field.name);
    }
  }
  fields.push_back(json_information("type"));
  read_fields(settings, type, fields);
}

}  // namespace gatefold
