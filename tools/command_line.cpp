#include "tools/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <numeric>
#include <sstream>
#include <utility>

#include "ir/error.h"
#include "tools/command.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

/// Counts the letters to insert, delete or change to turn one word into the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// Throws Error when the first argument is neither a command nor an option.
void check_command(std::span<const Command* const> commands, std::string_view given) {
  std::vector<std::string_view> names;
  for (const Command* command : commands) names.push_back(command->name);
  if (given.starts_with('-') || std::find(names.begin(), names.end(), given) != names.end()) return;
  const auto nearest = *std::min_element(names.begin(), names.end(), [&](auto a, auto b) {
    return distance(given, a) < distance(given, b);
  });
  const bool is_near = distance(given, nearest) <= nearest.size() / 2;
  fail("unknown command '{}'{}; the commands are: {}", given,
       is_near ? fmt::format("; did you mean '{}'?", nearest) : "", fmt::join(names, ", "));
}

std::function<int()> show(std::string text) {
  return [text = std::move(text)] {
    print_text(text);
    return kSuccess;
  };
}

/// One parser for all commands, and what runs each of them.
class CommandLine {
 public:
  CommandLine(std::span<const Command* const> commands, const std::string& version)
      : app_("Compile, run, train, inspect, test and measure ONNX models.", "gatefold") {
    app_.set_version_flag("--version", "gatefold " + version);
    app_.require_subcommand(1);
    app_.footer("Show the options of a command: gatefold COMMAND --help");
    for (const Command* command : commands) {
      CLI::App* app =
          app_.add_subcommand(std::string(command->name), std::string(command->summary));
      app->footer("Example:\n  " + std::string(command->example));
      OptionParser parser(*app);
      runs_.emplace_back(app, command->declare(parser));
    }
  }

  std::function<int()> parse(int argc, const char* const* argv) {
    if (argc < 2) return show(app_.help());
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) fail("{}", error.what());
      std::ostringstream text;
      app_.exit(error, text);
      return show(text.str());
    }
    const auto chosen = std::find_if(runs_.begin(), runs_.end(),
                                     [](const auto& run) { return run.first->parsed(); });
    return chosen->second;
  }

 private:
  CLI::App app_;
  std::vector<std::pair<CLI::App*, std::function<int()>>> runs_;
};

}  // namespace

Option Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option Option::required() {
  option_->required();
  return *this;
}

Option Option::one_of(const std::vector<std::string>& words) {
  option_->check(CLI::IsMember(words).description(""));
  return type_name(fmt::format("{}", fmt::join(words, "|")));
}

Option Option::positive() {
  const auto complaint = [](std::string& text) {
    double number = 0;
    const bool is_fine = CLI::detail::lexical_cast(text, number) && number > 0;
    return is_fine ? std::string() : fmt::format("'{}' is not a number above 0", text);
  };
  option_->check(CLI::Validator(complaint, "POSITIVE", "positive"));
  return *this;
}

Option Option::not_negative() {
  option_->check(CLI::NonNegativeNumber);
  return *this;
}

Option Option::between(double least, double most) {
  option_->check(CLI::Range(least, most).description(fmt::format("{}-{}", least, most)));
  return *this;
}

Option Option::repeatable() {
  option_->expected(1)->take_all();
  return *this;
}

Option Option::comma_separated() {
  option_->delimiter(',');
  return *this;
}

Option Option::excludes(std::initializer_list<const char*> options) {
  for (const char* option : options) option_->excludes(option);
  return *this;
}

Option Option::needs(const char* option) {
  option_->needs(option);
  return *this;
}

Option OptionParser::add_option(const std::string& names, const OptionTarget& target,
                                const std::string& help) {
  return std::visit(
      [&](auto* variable) { return Option(*app_->add_option(names, *variable, help)); },
      target.pointer_);
}

Option OptionParser::add_option(const std::string& names,
                                const std::function<void(const std::string&)>& receive,
                                const std::string& help) {
  return Option(*app_->add_option_function<std::string>(names, receive, help)->trigger_on_parse());
}

Option OptionParser::add_option(const std::string& names,
                                const std::function<void(std::uint64_t)>& receive,
                                const std::string& help) {
  return Option(*app_->add_option_function<std::uint64_t>(names, receive, help));
}

Option OptionParser::add_flag(const std::string& names, bool& target, const std::string& help,
                              bool value) {
  return Option(*app_->add_flag_callback(
      names, [&target, value] { target = value; }, help));
}

std::function<int()> parse_command_line(std::span<const Command* const> commands,
                                        const std::string& version, int argc,
                                        const char* const* argv) {
  if (argc > 1) check_command(commands, argv[1]);
  return CommandLine(commands, version).parse(argc, argv);
}

}  // namespace gatefold::tools
