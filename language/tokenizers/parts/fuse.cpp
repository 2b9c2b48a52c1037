#include <nlohmann/json.hpp>

#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {

Decoder make_fuse(const nlohmann::json& settings) {
  read_settings(settings, {});
  return [](const std::vector<std::string>& tokens) {
    std::string fused;
    for (const std::string& token : tokens) fused += token;
    return std::vector<std::string>{fused};
  };
}

}  // namespace gatefold
