#pragma once

#include <string>

namespace gatefold::tools {

/// The parts of a file of ONNX text that may be a pass test: "# passes: LIST", a graph, "# expect",
/// and the graph that the passes must make of it.
struct PassText {
  std::string head;      ///< Everything up to and including the line "# expect".
  std::string before;    ///< The graph to run the passes on.
  std::string expected;  ///< What follows the line "# expect".
  std::string passes;    ///< Empty when the text names none.
  bool training = false;
  bool has_expected = false;
};

PassText parse_pass_text(const std::string& text);

}  // namespace gatefold::tools
