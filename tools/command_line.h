#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
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

/// The options of one command. Those whose names do not begin with a dash are positional.
class OptionParser {
 public:
  explicit OptionParser(CLI::App& app) : app_(&app) {}

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

 private:
  CLI::App* app_;
};

/// Parses a command line. Returns what runs the command that it names, or what shows the help or
/// the version where those are asked for, or the general help where there are no arguments. Throws
/// Error for what no command or option takes.
std::function<int()> parse_command_line(std::span<const Command* const> commands,
                                        const std::string& version, int argc,
                                        const char* const* argv);

}  // namespace gatefold::tools
