#pragma once

#include <string>
#include <vector>

/// Options that fix what a model leaves open.
namespace gatefold::tools {

class OptionParser;

/// Declares --dim NAME=SIZE, which may be repeated; see parse_dim_sizes.
void add_dim_option(OptionParser& parser, std::vector<std::string>& dims);

/// Declares --value NAME=NUMBER,..., which may be repeated; see parse_input_values.
void add_value_option(OptionParser& parser, std::vector<std::string>& values);

}  // namespace gatefold::tools
