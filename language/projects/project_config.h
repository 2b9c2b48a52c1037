#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "language/templates/template.h"

namespace gatefold {

/// What a project's config.json says: what its model is, and how its data are made.
struct ProjectConfig {
  std::string template_name;
  TemplateOptions options;
  DataSizes sizes;                       ///< All 0 before the data are prepared.
  std::vector<std::string> models = {};  ///< Files of the models, once they are made.

  /// The template that the name stands for.
  const Template& model_template() const { return find_template(template_name); }
  /// The most tokens that the model reads at a time, where there is a limit.
  std::optional<std::int64_t> window() const;
};

/// Reads config.json. Throws Error for a file that cannot be read, a field that is not known, a
/// value of the wrong kind, and a template that does not exist.
ProjectConfig read_config(const std::filesystem::path& path);
/// Writes config.json. Throws Error when it cannot be written.
void write_config(const ProjectConfig& config, const std::filesystem::path& path);

}  // namespace gatefold
