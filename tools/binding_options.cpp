#include "tools/binding_options.h"

#include <CLI/CLI.hpp>

namespace gatefold::tools {

void add_dim_option(CLI::App& parser, std::vector<std::string>& dims) {
  parser.add_option("--dim", dims, "Give a named extent its size")
      ->type_name("NAME=SIZE")
      ->expected(1)
      ->take_all();
}

void add_value_option(CLI::App& parser, std::vector<std::string>& values) {
  parser
      .add_option("--value", values,
                  "Make an input a constant: one number for all elements, or all of them")
      ->type_name("NAME=NUMBER,...")
      ->expected(1)
      ->take_all();
}

}  // namespace gatefold::tools
