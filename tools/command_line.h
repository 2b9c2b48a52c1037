#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
class Option;
}  // namespace CLI

namespace gatefold::tools {

struct Command;

/// A variable that receives what an option is given, converted to its type. Without the option it
/// keeps its value.
class OptionTarget {
  using Pointer = std::variant<std::string*, std::filesystem::path*, std::vector<std::string>*,
                               std::vector<std::filesystem::path>*, std::vector<std::int64_t>*,
                               std::vector<double>*, int*, std::int64_t*, std::uint64_t*, double*,
                               std::optional<std::filesystem::path>*, std::optional<std::int64_t>*,
                               std::optional<std::uint64_t>*, std::optional<double>*>;

 public:
  template <typename T>
  requires std::is_constructible_v<Pointer, T*> OptionTarget(
      T& variable)  // NOLINT(google-explicit-constructor)
      : pointer_(&variable) {}

 private:
  friend class OptionParser;

  Pointer pointer_;
};

/// One declared option; each function adds a rule, or a part of the help, and returns the option.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  /// Names the value in the help instead of its type.
  Option type_name(const std::string& name);
  /// Shows the variable's value in the help, as what counts without the option.
  Option show_default();

  Option required();
  /// Accepts these words only, and lists them in the help.
  Option one_of(const std::vector<std::string>& words);
  /// Accepts numbers above 0.
  Option positive();
  /// Accepts numbers from 0.
  Option not_negative();
  /// Accepts numbers in [least, most].
  Option between(double least, double most);
  /// Takes one value each time that it is given.
  Option repeatable();
  /// Takes values that commas separate.
  Option comma_separated();
  /// Refuses to stand beside options that are declared before it.
  Option excludes(std::initializer_list<const char*> options);
  /// Refuses to stand without an option that is declared before it.
  Option needs(const char* option);

 private:
  CLI::Option* option_;
};

/// The names of the options that a command line gives: "--output", or "-k" where there is no longer
/// one.
using GivenOptions = std::set<std::string, std::less<>>;

/// The options of one command. Those whose names do not begin with a dash are positional.
class OptionParser {
 public:
  /// `given` will hold the names of the options that are given, once these are parsed.
  OptionParser(CLI::App& app, std::shared_ptr<const GivenOptions> given)
      : app_(&app), given_(std::move(given)) {}

  /// Declares an option with one value, or with several for a vector. `names` are separated by
  /// commas: "-o,--output".
  Option add_option(const std::string& names, const OptionTarget& target, const std::string& help);
  /// Declares an option whose value is handed over, in the order of the command line.
  Option add_option(const std::string& names,
                    const std::function<void(const std::string&)>& receive,
                    const std::string& help);
  Option add_option(const std::string& names, const std::function<void(std::uint64_t)>& receive,
                    const std::string& help);
  /// Declares an option without a value, which sets a variable.
  Option add_flag(const std::string& names, bool& target, const std::string& help,
                  bool value = true);

  /// Returns what holds the names of the options that are given, once these are parsed.
  const std::shared_ptr<const GivenOptions>& given() const { return given_; }

 private:
  CLI::App* app_;
  std::shared_ptr<const GivenOptions> given_;
};

/// What the help says of an option.
struct OptionHelp {
  std::vector<std::string> names;    ///< With their dashes; of a positional, its one name.
  std::string value;                 ///< What it takes, such as FILE; empty for a flag.
  std::vector<std::string> choices;  ///< The words that it takes, where there are no others.
  std::string help;

  bool is_positional() const { return !names.front().starts_with('-'); }
};

/// What the help says of a command.
struct CommandHelp {
  std::string name;
  std::string summary;
  std::string example;
  std::vector<OptionHelp> options;  ///< In the order of their declaration.
};

/// Describes a command by its declarations.
CommandHelp describe(const Command& command);

/// Parses a command line. Returns what runs the command that it names, or what shows the help or
/// the version where those are asked for, or the general help where there are no arguments. Throws
/// Error for what no command or option takes.
std::function<int()> parse_command_line(std::span<const Command* const> commands,
                                        const std::string& version, int argc,
                                        const char* const* argv);

}  // namespace gatefold::tools
