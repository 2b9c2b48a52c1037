#include "tools/language/lines.h"

#include <fmt/format.h>

#include <iostream>
#include <string>

#include "ir/error.h"

namespace gatefold::tools {
namespace {

void use_or_say_where(const std::string& place, const std::string& text,
                      const std::function<void(const std::string&)>& use) {
  try {
    use(text);
  } catch (const Error& error) {
    fail("{}: {}", place, error.what());
  }
}

}  // namespace

void for_each_text(const std::vector<std::string>& texts,
                   const std::function<void(const std::string&)>& use) {
  if (texts.size() == 1) return use(texts.front());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    use_or_say_where(fmt::format("text {}", i + 1), texts[i], use);
  }
  if (!texts.empty()) return;
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    use_or_say_where(fmt::format("line {} of standard input", ++number), line, use);
  }
  if (std::cin.bad()) fail("standard input cannot be read");
}

}  // namespace gatefold::tools
