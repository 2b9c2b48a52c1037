#include "language/projects/project_samples.h"

#include <memory>
#include <utility>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "language/decoding/generation.h"
#include "language/decoding/translation.h"
#include "language/tokenizers/special_names.h"

namespace gatefold {
namespace {

constexpr std::int64_t kMostTokens = 64;

std::shared_ptr<const CompiledModel> load_with(Model model,
                                               const std::map<std::string, Tensor>& weights) {
  model.graph = model.graph->clone();
  for (const auto& value : model.graph->initializers()) {
    const auto found = weights.find(value->name());
    if (found != weights.end()) value->set_data(found->second);
  }
  return load(std::move(model));
}

}  // namespace

ProjectSamples::ProjectSamples(const Project& project, std::vector<std::string> texts)
    : project_(project), texts_(std::move(texts)) {
  if (project.task() != Task::kLanguageModel && project.task() != Task::kTranslation) {
    fail("'{}' is a project of the template '{}', which neither continues nor translates texts",
         project.folder().string(), project.config().template_name);
  }
  for (const std::string& name : project.config().models) {
    models_.push_back(read_model(project.file(name)));
  }
  tokenizers_.push_back(project.tokenizer());
  if (project.task() == Task::kTranslation) tokenizers_.push_back(project.target_tokenizer());
  answers({});  // A text that cannot be answered is refused at once.
}

std::vector<Sample> ProjectSamples::answers(const std::map<std::string, Tensor>& weights) const {
  Compiled models;
  for (const Model& model : models_) models.push_back(load_with(model, weights));
  return project_.task() == Task::kTranslation ? translations(models) : continuations(models);
}

std::vector<Sample> ProjectSamples::continuations(const Compiled& models) const {
  const Tokenizer& tokenizer = tokenizers_.front();
  Generator generator(models.front(), tokenizer, tokenizer.id_of(kEndToken),
                      project_.config().options.window);
  std::vector<Sample> samples;
  for (const std::string& text : texts_) {
    Sample& sample = samples.emplace_back(Sample{text, {}});
    generator.generate(text, kMostTokens, {.greedy = true},
                       [&](std::string_view piece) { sample.answer += piece; });
  }
  return samples;
}

std::vector<Sample> ProjectSamples::translations(const Compiled& models) const {
  Translator translator(models.at(0), models.at(1), tokenizers_.at(0), tokenizers_.at(1));
  std::vector<Sample> samples;
  for (const std::string& text : texts_) {
    samples.push_back({text, translator.translate(text, {.size = 1}).front().text});
  }
  return samples;
}

}  // namespace gatefold
