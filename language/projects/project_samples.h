#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/tensor.h"
#include "language/decoding/sample.h"
#include "language/projects/project.h"

namespace gatefold {

/// Lets the models of a project answer a few texts while they are trained: a language model
/// continues them by at most 64 tokens, encoder and decoder translate them, each by the most
/// probable tokens. Dropout and what feeds a decoder belong to training alone.
class ProjectSamples {
 public:
  /// Throws Error for a project whose model says nothing, and for a text that it cannot answer.
  ProjectSamples(const Project& project, std::vector<std::string> texts);

  /// Returns what the models answer with these weights, which stand by name in place of their own.
  std::vector<Sample> answers(const std::map<std::string, Tensor>& weights) const;

 private:
  using Compiled = std::vector<std::shared_ptr<const CompiledModel>>;

  std::vector<Sample> continuations(const Compiled& models) const;
  std::vector<Sample> translations(const Compiled& models) const;

  const Project& project_;
  std::vector<std::string> texts_;
  std::vector<Model> models_;
  std::vector<Tokenizer> tokenizers_;
};

}  // namespace gatefold
