#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/command_line.h"

/// Texts that packages install beside the tool, made of what the commands declare.
namespace gatefold::tools {

/// The manual page of a command in the language of man(7), for section 1.
std::string manual_page(const CommandHelp& command, std::string_view version);
/// The manual page of the tool, which leads to those of the commands.
std::string manual_page(std::span<const CommandHelp> commands, std::string_view version);

/// The shells that completions are written for.
const std::vector<std::string>& completion_shells();
/// A script that completes commands, options and the words that options take, for one of these
/// shells.
std::string completion(std::string_view shell, std::span<const CommandHelp> commands);

}  // namespace gatefold::tools
