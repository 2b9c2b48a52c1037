#include "tools/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
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

/// A number below 0 would be converted to a large one.
void refuse_negative(CLI::Option& option) {
  const auto complaint = [](const std::string& text) {
    return text.starts_with('-') ? fmt::format("'{}' is below 0", text) : std::string();
  };
  option.check(CLI::Validator(complaint, "", "whole"));
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
      const auto given = std::make_shared<GivenOptions>();
      OptionParser parser(*app, given);
      commands_.push_back({app, given, command->declare(parser)});
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
    const auto chosen = std::find_if(commands_.begin(), commands_.end(),
                                     [](const Declared& one) { return one.app->parsed(); });
    for (const CLI::Option* option : chosen->app->get_options()) {
      if (option->count() > 0) chosen->given->insert(option->get_name());
    }
    return chosen->run;
  }

 private:
  struct Declared {
    CLI::App* app;
    std::shared_ptr<GivenOptions> given;
    std::function<int()> run;
  };

  CLI::App app_;
  std::vector<Declared> commands_;
};

std::vector<std::string> dashed(const std::string& dashes, std::vector<std::string> names) {
  for (std::string& name : names) name.insert(0, dashes);
  return names;
}

/// The words of a choice such as "last|best"; none where a part stands for something else.
std::vector<std::string> choices_of(const std::string& value) {
  const bool is_choice = value.find('|') != std::string::npos &&
                         std::none_of(value.begin(), value.end(), [](unsigned char letter) {
                           return std::isupper(letter) != 0;
                         });
  return is_choice ? CLI::detail::split(value, '|') : std::vector<std::string>{};
}

OptionHelp describe(const CLI::Option& option) {
  OptionHelp help;
  help.names = dashed("-", option.get_snames());
  help.help = option.get_description();
  for (std::string& name : dashed("--", option.get_lnames())) {
    help.names.push_back(std::move(name));
  }
  if (help.names.empty()) help.names.push_back(option.get_name());
  if (option.get_items_expected_max() > 0) help.value = option.get_type_name();
  help.choices = choices_of(help.value);
  if (!option.get_default_str().empty()) help.value += "=" + option.get_default_str();
  return help;
}

}  // namespace

CommandHelp describe(const Command& command) {
  CLI::App app;
  OptionParser parser(app, std::make_shared<GivenOptions>());
  // What runs the command holds the variables that the options write to.
  const std::function<int()> run = command.declare(parser);
  CommandHelp help{.name = std::string(command.name),
                   .summary = std::string(command.summary),
                   .example = std::string(command.example),
                   .options = {}};
  for (const CLI::Option* option : app.get_options()) help.options.push_back(describe(*option));
  return help;
}

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
  // With extra arguments the library would take the pattern "[ab]" for a list.
  option_->expected(1)->take_all()->allow_extra_args(false);
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
  const auto add = [&]<typename T>(T* variable) {
    CLI::Option* option = app_->add_option(names, *variable, help);
    if constexpr (std::is_same_v<T, std::uint64_t>) refuse_negative(*option);
    return Option(*option);
  };
  return std::visit(add, target.pointer_);
}

Option OptionParser::add_option(const std::string& names,
                                const std::function<void(const std::string&)>& receive,
                                const std::string& help) {
  return Option(*app_->add_option_function<std::string>(names, receive, help)->trigger_on_parse());
}

Option OptionParser::add_option(const std::string& names,
                                const std::function<void(std::uint64_t)>& receive,
                                const std::string& help) {
  CLI::Option* option = app_->add_option_function<std::uint64_t>(names, receive, help);
  refuse_negative(*option);
  return Option(*option);
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
