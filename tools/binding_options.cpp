#include "tools/binding_options.h"

#include <CLI/CLI.hpp>

namespace gatefold::tools {

void add_dim_option(CLI::App& parser, std::vector<std::string>& dims) {
  parser
      .add_option("--dim", dims,
                  "Set the size of a dimension that the model names, such as batch=1")
      ->type_name("NAME=SIZE")
      ->expected(1)
      ->take_all();
}

void add_value_option(CLI::App& parser, std::vector<std::string>& values) {
  parser
      .add_option("--value", values,
                  "Turn an input into a constant: one number for all elements, or one for each")
      ->type_name("NAME=NUMBER,...")
      ->expected(1)
      ->take_all();
}

}  // namespace gatefold::tools
