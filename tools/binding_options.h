#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Options that name a model and fix what it leaves open.
namespace gatefold::tools {

class Option;
class OptionParser;

/// Declares MODEL, a file of a model.
Option add_model_option(OptionParser& parser, std::filesystem::path& model);

/// Declares --dim NAME=SIZE, which may be repeated; see parse_dim_sizes.
void add_dim_option(OptionParser& parser, std::vector<std::string>& dims);

/// Declares --value NAME=NUMBER,..., which may be repeated; see parse_input_values.
void add_value_option(OptionParser& parser, std::vector<std::string>& values);

}  // namespace gatefold::tools
