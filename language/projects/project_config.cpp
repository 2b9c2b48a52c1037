#include "language/projects/project_config.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "ir/error.h"
#include "session/arrays/files.h"
#include "session/training/json_fields.h"

namespace gatefold {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

JsonField options_field(TemplateOptions& options) {
  return json_object_field(
      "options", "the options",
      {json_field("rnn", options.cell), json_field("embedding", options.embedding),
       json_field("hidden", options.hidden), json_field("layers", options.layers),
       json_field("bidirectional", options.bidirectional), json_field("dropout", options.dropout),
       json_field("tie", options.tie), json_field("attention", options.attention),
       json_field("heads", options.heads), json_field("window", options.window),
       json_field("inputs", options.inputs), json_field("outputs", options.outputs),
       json_field("seed", options.seed)});
}

JsonField sizes_field(DataSizes& sizes) {
  return json_object_field(
      "sizes", "the sizes",
      {json_field("tokens", sizes.tokens), json_field("padding", sizes.padding),
       json_field("targets", sizes.targets)});
}

}  // namespace

std::optional<std::int64_t> ProjectConfig::window() const {
  if (!template_name.starts_with("transformer")) return std::nullopt;
  return options.window;
}

ProjectConfig read_config(const std::filesystem::path& path) {
  ProjectConfig config;
  try {
    const json document = json::parse(read_file(path));
    read_fields(document, "the configuration",
                {json_field("template", config.template_name), options_field(config.options),
                 sizes_field(config.sizes), json_list_field("models", [&](const json& entry) {
                   config.models.push_back(entry.get<std::string>());
                 })});
    config.model_template();
    check_options(config.options);
  } catch (const json::exception& error) {
    fail("'{}' is not JSON: {}", path.string(), error.what());
  } catch (const Error& error) {
    fail("'{}': {}", path.string(), error.what());
  }
  return config;
}

void write_config(const ProjectConfig& config, const std::filesystem::path& path) {
  const TemplateOptions& options = config.options;
  const DataSizes& sizes = config.sizes;
  const ordered_json document{
      {"template", config.template_name},
      {"options",
       {{"rnn", options.cell},
        {"embedding", options.embedding},
        {"hidden", options.hidden},
        {"layers", options.layers},
        {"bidirectional", options.bidirectional},
        {"dropout", options.dropout},
        {"tie", options.tie},
        {"attention", options.attention},
        {"heads", options.heads},
        {"window", options.window},
        {"inputs", options.inputs},
        {"outputs", options.outputs},
        {"seed", options.seed}}},
      {"sizes", {{"tokens", sizes.tokens}, {"padding", sizes.padding}, {"targets", sizes.targets}}},
      {"models", config.models}};
  write_file(path, document.dump(2) + "\n");
}

}  // namespace gatefold
