#include "tools/binding_options.h"

#include "tools/command_line.h"

namespace gatefold::tools {

Option add_model_option(OptionParser& parser, std::filesystem::path& model) {
  return parser.add_option("MODEL", model, "ONNX model (.onnx) or ONNX text (.onnxtxt)");
}

void add_dim_option(OptionParser& parser, std::vector<std::string>& dims) {
  parser
      .add_option("--dim", dims,
                  "Set the size of a dimension that the model names, such as batch=1")
      .type_name("NAME=SIZE")
      .repeatable();
}

void add_value_option(OptionParser& parser, std::vector<std::string>& values) {
  parser
      .add_option("--value", values,
                  "Turn an input into a constant: one number for all elements, or one for each")
      .type_name("NAME=NUMBER,...")
      .repeatable();
}

}  // namespace gatefold::tools
