#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/bind.h"

namespace gatefold::tools {

/// Numbers for graph inputs as the user wrote them: {"sr", "16000"}.
using InputValues = std::map<std::string, std::string>;

/// Reads options of the form "NAME=16000" or "NAME=1,2,3". Throws Error for any other form.
InputValues parse_input_values(const std::vector<std::string>& options);

/// Returns whether the text consists of numbers, or true and false, that commas separate.
bool is_list_of_numbers(const std::string& text);

/// Makes a tensor for an input of numbers that commas separate. One number fills the whole tensor;
/// otherwise there must be one for each element, and their count gives an extent that is open its
/// size. Throws Error for a number that the input's element type does not hold, and a count that
/// does not fit.
Tensor read_numbers(const Value& input, const std::string& numbers);

/// Makes tensors of the numbers, for bind_values. Throws Error as read_numbers does, and for a name
/// that no input has.
InputTensors read_input_values(const Graph& graph, const InputValues& values);

/// Binds named extents, then inputs to these numbers.
void bind_inputs(Graph& graph, const DimSizes& dims, const InputValues& values);

}  // namespace gatefold::tools
