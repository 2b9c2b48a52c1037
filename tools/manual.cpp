#include "tools/manual.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace gatefold::tools {
namespace {

/// Writes a text so that man shows it as it is: a dash as a minus, a line's first dot as a dot.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    const bool begins = escaped.empty() || escaped.back() == '\n';
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      if (begins && (letter == '.' || letter == '\'')) escaped += "\\&";
      escaped += letter;
    }
  }
  return escaped;
}

std::string header(std::string_view name, std::string_view version, std::string_view summary) {
  std::string title(name);
  std::transform(title.begin(), title.end(), title.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  return fmt::format(".TH {} 1 \"\" \"Gatefold {}\" \"Gatefold\"\n.SH NAME\n{} \\- {}\n",
                     roff(title), version, roff(name), roff(summary));
}

/// An option as a tagged paragraph: its names, what it takes, its help.
std::string paragraph(const OptionHelp& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names)
    names.push_back(fmt::format("\\fB{}\\fR", roff(name)));
  std::string tag = fmt::format("{}", fmt::join(names, ", "));
  if (!option.value.empty() && !option.is_positional()) {
    tag += fmt::format(" \\fI{}\\fR", roff(option.value));
  }
  return fmt::format(".TP\n{}\n{}\n", tag, roff(option.help));
}

std::string section(std::string_view title, const CommandHelp& command, bool is_positional) {
  std::string text;
  for (const OptionHelp& option : command.options) {
    if (option.is_positional() == is_positional) text += paragraph(option);
  }
  return text.empty() ? text : fmt::format(".SH {}\n{}", title, text);
}

constexpr std::string_view kExitStatus =
    ".SH \"EXIT STATUS\"\n"
    ".TP\n0\nThe command did what it was asked.\n"
    ".TP\n1\nA test failed, or a check found a difference.\n"
    ".TP\n2\nOptions or input could not be used; one sentence on standard error says why, and no "
    "output was written.\n";

}  // namespace

std::string manual_page(const CommandHelp& command, std::string_view version) {
  const std::string name = "gatefold-" + command.name;
  std::string text = header(name, version, command.summary);
  text += fmt::format(".SH SYNOPSIS\n\\fBgatefold {}\\fR [\\fIOPTION\\fR]...", command.name);
  for (const OptionHelp& option : command.options) {
    if (option.is_positional()) text += fmt::format(" [\\fI{}\\fR]", roff(option.names.front()));
  }
  text += '\n';
  text += section("ARGUMENTS", command, true);
  text += section("OPTIONS", command, false);
  text += fmt::format(".SH EXAMPLES\n.nf\n  {}\n.fi\n", roff(command.example));
  text += kExitStatus;
  text += ".SH \"SEE ALSO\"\n\\fBgatefold\\fR(1)\n";
  return text;
}

std::string manual_page(std::span<const CommandHelp> commands, std::string_view version) {
  std::string text =
      header("gatefold", version, "compile, run, train, inspect, test and measure ONNX models");
  text += ".SH SYNOPSIS\n\\fBgatefold\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH COMMANDS\n";
  for (const CommandHelp& command : commands) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(command.name), roff(command.summary));
  }
  text += kExitStatus;
  std::vector<std::string> pages;
  for (const CommandHelp& command : commands) {
    pages.push_back(fmt::format("\\fBgatefold\\-{}\\fR(1)", roff(command.name)));
  }
  text += fmt::format(".SH \"SEE ALSO\"\n{}\n", fmt::join(pages, ",\n"));
  return text;
}

}  // namespace gatefold::tools
