#include "tools/language/lines.h"

#include <iostream>

#include "ir/error.h"

namespace gatefold::tools {

void for_each_text(const std::vector<std::string>& texts,
                   const std::function<void(const std::string&)>& use) {
  for (const std::string& text : texts) use(text);
  if (!texts.empty()) return;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    use(line);
  }
  if (std::cin.bad()) fail("standard input cannot be read");
}

}  // namespace gatefold::tools
