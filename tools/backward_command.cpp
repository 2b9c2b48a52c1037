#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "ir/print.h"
#include "passes/training/backward_graph.h"
#include "passes/training/model_parts.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/gradients/loss_problem.h"
#include "tools/input_values.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/training/train_options.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path model;
  std::filesystem::path output;
  std::string loss;
  std::vector<std::string> dims;
  std::vector<std::string> values;
  std::vector<std::string> padding;
};

int run(const Options& options) {
  Model model = read_model(options.model);
  bind_inputs(*model.graph, parse_dim_sizes(options.dims), parse_input_values(options.values));
  BackwardQuestion question{.parameters = default_trainable(*model.graph),
                            .inputs = float_inputs(*model.graph),
                            .padding = parse_padding(options.padding)};
  if (question.parameters.empty() && question.inputs.empty()) {
    fail("the model has no parameter and no floating-point input");
  }
  if (!options.loss.empty()) question.loss = LossSpec{.type = options.loss};
  model.graph = build_backward_graph(*model.graph, question);
  if (options.output.empty()) {
    print("{}", print(*model.graph));
  } else {
    write_model(model, options.output);
    print("wrote {}\n", options.output.string());
  }
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  add_model_option(parser, options->model).required();
  parser
      .add_option("-o,--output", options->output,
                  "Write the graph to this file, as text if it is named .onnxtxt, instead of "
                  "showing it")
      .type_name("FILE");
  add_loss_option(parser, options->loss);
  add_dim_option(parser, options->dims);
  add_value_option(parser, options->values);
  add_padding_option(parser, options->padding);
  return [options] { return run(*options); };
}

}  // namespace

const Command kBackwardCommand{
    .name = "backward",
    .summary = "Make the graph that computes a model's gradients",
    .example =
        "gatefold backward model.onnx --loss mse\n"
        "  gatefold backward graph.onnxtxt -o backward.onnxtxt\n"
        "  gatefold run backward.onnxtxt --input a=5 --input b=3 --input c=2\n\n"
        "The graph delivers the loss and, as NAME_grad, the gradient by each weight and by each\n"
        "floating-point input. Without --loss the first floating-point output y is\n"
        "differentiated; unless it is one number, the graph then takes the gradient by y as the\n"
        "input y_grad. Gradients of some operators are operators of Gatefold's own.",
    .declare = declare,
};

}  // namespace gatefold::tools
