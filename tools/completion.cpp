#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "tools/manual.h"

namespace gatefold::tools {
namespace {

std::vector<std::string> command_names(std::span<const CommandHelp> commands) {
  std::vector<std::string> names;
  for (const CommandHelp& command : commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> option_names(const CommandHelp& command) {
  std::vector<std::string> names;
  for (const OptionHelp& option : command.options) {
    if (!option.is_positional()) {
      names.insert(names.end(), option.names.begin(), option.names.end());
    }
  }
  return names;
}

/// Calls `use` for each option that takes certain words only.
template <typename Use>
void for_each_choice(const CommandHelp& command, const Use& use) {
  for (const OptionHelp& option : command.options) {
    if (!option.choices.empty() && !option.is_positional()) use(option);
  }
}

std::string bash_completion(std::span<const CommandHelp> commands) {
  std::string options;
  std::string choices;
  for (const CommandHelp& command : commands) {
    options +=
        fmt::format("    {}) words='{}' ;;\n", command.name, fmt::join(option_names(command), " "));
    for_each_choice(command, [&](const OptionHelp& option) {
      for (const std::string& name : option.names) {
        choices += fmt::format("    {},{}) words='{}' ;;\n", command.name, name,
                               fmt::join(option.choices, " "));
      }
    });
  }
  return fmt::format(R"(# bash completion for gatefold
_gatefold() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{}' -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}},${{COMP_WORDS[COMP_CWORD-1]}}" in
{}  esac
  if [ -z "$words" ] && [[ "$current" == -* ]]; then
    case "${{COMP_WORDS[1]}}" in
{}    esac
  fi
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _gatefold gatefold
)",
                     fmt::join(command_names(commands), " "), choices, options);
}

/// A text between single quotes, for zsh's and fish's lists.
std::string single_quoted(std::string_view text, std::string_view special = "") {
  std::string result = "'";
  for (const char letter : text) {
    if (letter == '\'') {
      result += "'\\''";
    } else {
      if (special.find(letter) != std::string_view::npos) result += '\\';
      result += letter;
    }
  }
  return result + "'";
}

std::string zsh_option(const OptionHelp& option) {
  std::string lines;
  for (const std::string& name : option.names) {
    std::string entry = fmt::format("{}[{}]", name, option.help);
    std::string rest;
    if (!option.choices.empty()) {
      rest = fmt::format(":value:({})", fmt::join(option.choices, " "));
    } else if (!option.value.empty()) {
      rest = ":value:_files";
    }
    const std::string text = single_quoted(entry, ":");
    lines += fmt::format("        {}{}'\n", text.substr(0, text.size() - 1), rest);
  }
  return lines;
}

std::string zsh_completion(std::span<const CommandHelp> commands) {
  std::string summaries;
  std::string cases;
  for (const CommandHelp& command : commands) {
    summaries +=
        fmt::format("    {}\n", single_quoted(fmt::format("{}:{}", command.name, command.summary)));
    std::string options;
    for (const OptionHelp& option : command.options) {
      if (option.is_positional()) continue;
      // Brackets end a description.
      OptionHelp plain = option;
      std::replace(plain.help.begin(), plain.help.end(), '[', '(');
      std::replace(plain.help.begin(), plain.help.end(), ']', ')');
      options += zsh_option(plain);
    }
    cases += fmt::format("    {})\n      options=(\n{}        '*:file:_files'\n      ) ;;\n",
                         command.name, options);
  }
  return fmt::format(R"(#compdef gatefold
_gatefold() {{
  local -a commands options
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
{}  esac
  shift words
  (( CURRENT-- ))
  _arguments $options
}}
_gatefold "$@"
)",
                     summaries, cases);
}

std::string fish_completion(std::span<const CommandHelp> commands) {
  std::string lines = "# fish completion for gatefold\n";
  for (const CommandHelp& command : commands) {
    lines += fmt::format("complete -c gatefold -n __fish_use_subcommand -f -a {} -d {}\n",
                         command.name, single_quoted(command.summary));
  }
  for (const CommandHelp& command : commands) {
    for (const OptionHelp& option : command.options) {
      if (option.is_positional()) continue;
      std::string names;
      for (const std::string& name : option.names) {
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      std::string takes = option.value.empty() ? "" : " -r";
      if (!option.choices.empty())
        takes = fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
      lines += fmt::format("complete -c gatefold -n '__fish_seen_subcommand_from {}'{}{} -d {}\n",
                           command.name, names, takes, single_quoted(option.help));
    }
  }
  return lines;
}

struct Shell {
  std::string_view name;
  std::string (*complete)(std::span<const CommandHelp> commands);
};

constexpr std::array kShells{Shell{"bash", bash_completion}, Shell{"zsh", zsh_completion},
                             Shell{"fish", fish_completion}};

}  // namespace

const std::vector<std::string>& completion_shells() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Shell& shell : kShells) list.emplace_back(shell.name);
    return list;
  }();
  return names;
}

std::string completion(std::string_view shell, std::span<const CommandHelp> commands) {
  const auto found = std::find_if(kShells.begin(), kShells.end(),
                                  [&](const Shell& row) { return row.name == shell; });
  assert(found != kShells.end());
  return found->complete(commands);
}

}  // namespace gatefold::tools
