#include <nlohmann/json.hpp>

#include "language/text/transform.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"

namespace gatefold {
namespace {

Normalizer make_normal_form(const nlohmann::json& settings, NormalForm form) {
  read_settings(settings, {});
  return [form](const std::string& text) { return normalize(text, form); };
}

}  // namespace

Normalizer make_nfc(const nlohmann::json& settings) {
  return make_normal_form(settings, NormalForm::kNfc);
}

Normalizer make_nfd(const nlohmann::json& settings) {
  return make_normal_form(settings, NormalForm::kNfd);
}

Normalizer make_nfkc(const nlohmann::json& settings) {
  return make_normal_form(settings, NormalForm::kNfkc);
}

Normalizer make_nfkd(const nlohmann::json& settings) {
  return make_normal_form(settings, NormalForm::kNfkd);
}

}  // namespace gatefold
