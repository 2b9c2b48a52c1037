#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "frontend/onnx_writer.h"
#include "frontend/tensor_places.h"
#include "ir/error.h"
#include "passes/training/model_parts.h"
#include "session/arrays/safetensors.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path model;
  fs::path load;
  fs::path output;
};

/// The weights of a model's file by their names there: the floating-point tensors of the graph and
/// its sub-graphs, without Constant nodes of one number.
std::map<std::string, Tensor> weights_of(const Graph& graph, const TensorPlaces& places) {
  std::map<std::string, Tensor> weights;
  for (const Value* value : all_float_tensors(graph)) {
    const bool is_weight = value->kind() == Value::Kind::kParameter || value->data()->size() > 1;
    if (is_weight && places.numbers.contains(value->name())) {
      weights.emplace(value->name(), *value->data());
    }
  }
  return weights;
}

/// Checks that the loaded weights are those of the model, with other numbers.
void require_same(const std::map<std::string, Tensor>& loaded,
                  const std::map<std::string, Tensor>& own, const Options& options) {
  for (const auto& [name, tensor] : loaded) {
    const auto found = own.find(name);
    if (found == own.end()) {
      fail("'{}' has a tensor '{}', but '{}' has no weight of that name", options.load.string(),
           name, options.model.string());
    }
    if (found->second.type() == tensor.type()) continue;
    fail("tensor '{}' is {} in '{}', but {} in '{}'", name, to_string(tensor.type()),
         options.load.string(), to_string(found->second.type()), options.model.string());
  }
  for (const auto& [name, tensor] : own) {
    if (loaded.contains(name)) continue;
    fail("'{}' lacks the weight '{}' of '{}'", options.load.string(), name, options.model.string());
  }
}

int run(const Options& options) {
  TensorPlaces places;
  const Model model = read_model(options.model, places);
  const std::map<std::string, Tensor> own = weights_of(*model.graph, places);
  if (own.empty()) {
    fail("'{}' has no floating-point initializers or Constant nodes, which weights are",
         options.model.string());
  }
  if (options.load.empty()) {
    write_safetensors(options.output, own);
  } else {
    const std::map<std::string, Tensor> loaded = read_safetensors(options.load);
    require_same(loaded, own, options);
    write_model_with_weights(options.model, places, loaded, options.output);
  }
  print("wrote {} with {} tensors\n", options.output.string(), own.size());
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("MODEL", options->model, "Model file").required();
  parser
      .add_option("--load", options->load,
                  "Write the model with the numbers of this file in place of its own")
      .type_name("FILE.safetensors");
  parser
      .add_option("-o,--output", options->output,
                  "Write the weights to this .safetensors file, or with --load the model")
      .type_name("FILE")
      .required();
  return [options] { return run(*options); };
}

}  // namespace

const Command kWeightsCommand{
    .name = "weights",
    .summary = "Write a model's weights as safetensors, or load them from there",
    .example =
        "gatefold weights model.onnx -o weights.safetensors\n"
        "  gatefold weights model.onnx --load weights.safetensors -o new.onnx\n\n"
        "Weights are the floating-point initializers of the model and its Constant nodes of more\n"
        "than one number, those of sub-graphs and functions included; names, shapes and types are\n"
        "those of its file, and the numbers are kept bit for bit. A file that is loaded must hold\n"
        "all of them and no others.",
    .declare = declare,
};

}  // namespace gatefold::tools
