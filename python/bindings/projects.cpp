#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/projects/preparation.h"
#include "language/projects/project.h"
#include "language/templates/template.h"
#include "python/bindings/bindings.h"
#include "python/bindings/settings.h"
#include "python/bindings/unlocked.h"

namespace gatefold::python {
namespace {

namespace py = pybind11;

TemplateOptions template_options(const py::dict& settings) {
  TemplateOptions options;
  read(settings, "rnn", options.cell);
  read(settings, "embedding", options.embedding);
  read(settings, "hidden", options.hidden);
  read(settings, "layers", options.layers);
  read(settings, "bidirectional", options.bidirectional);
  read(settings, "dropout", options.dropout);
  read(settings, "tie", options.tie);
  read(settings, "attention", options.attention);
  read(settings, "heads", options.heads);
  read(settings, "window", options.window);
  read(settings, "inputs", options.inputs);
  read(settings, "outputs", options.outputs);
  read(settings, "seed", options.seed);
  return options;
}

Project create(const std::string& template_name, const std::filesystem::path& folder,
               const py::dict& settings) {
  const TemplateOptions options = template_options(settings);
  for (const auto& [name, value] : settings) {
    require_use(find_template(template_name), std::string(py::str(name)));
  }
  const Unlocked unlocked;
  return Project::create(folder, template_name, options);
}

py::dict prepare_project(Project& project, const std::vector<std::string>& texts,
                         const py::dict& settings) {
  PreparationOptions options;
  for (const std::string& text : texts) options.texts.push_back(parse_text_source(text));
  read(settings, "tokens", options.tokens);
  read(settings, "min_count", options.min_count);
  read(settings, "lower_case", options.lower_case);
  read(settings, "validation", options.validation);
  read(settings, "seed", options.seed);
  Preparation made;
  {
    const Unlocked unlocked;
    made = prepare(project, options);
  }
  return py::dict(py::arg("training") = made.training, py::arg("validation") = made.validation,
                  py::arg("tokens") = made.sizes.tokens, py::arg("targets") = made.sizes.targets);
}

std::vector<std::string> models_of(const Project& project) {
  std::vector<std::string> files;
  for (const std::string& name : project.config().models) {
    files.push_back(project.newest_file(name).string());
  }
  return files;
}

py::dict templates() {
  py::dict summaries;
  for (const Template& one : all_templates()) {
    summaries[py::str(std::string(one.name))] = std::string(one.summary);
  }
  return summaries;
}

}  // namespace

void add_projects(py::module_& module) {
  py::class_<Project>(module, "Project",
                      "A folder that holds a model, its data and what came of them.")
      .def(py::init<std::filesystem::path>(), py::arg("folder"), "Opens a project.")
      .def_static("_create", &create)
      .def("_prepare", &prepare_project)
      .def("tokenizer", &Project::tokenizer, "Returns the tokenizer of what the model reads.")
      .def("target_tokenizer", &Project::target_tokenizer,
           "Returns the tokenizer of what the model produces, where that is another one.")
      .def("labels", &Project::labels, "Returns the labels in the order of the model's outputs.")
      .def_property_readonly("folder",
                             [](const Project& project) { return project.folder().string(); })
      .def_property_readonly("models", &models_of,
                             "The newest files of its models; empty before the data are prepared.")
      .def_property_readonly("template",
                             [](const Project& project) { return project.config().template_name; })
      .def_property_readonly("is_trained", &Project::is_trained,
                             "Whether training has written a model.");
  module.def("templates", &templates, "Returns what each template computes, by its name.");
}

}  // namespace gatefold::python
