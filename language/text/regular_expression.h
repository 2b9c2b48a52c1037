#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/text/characters.h"

namespace gatefold {

/// A regular expression in ICU's syntax over code points. "^" and "$" match at line ends, "." all
/// but "\n", and "\n" alone ends a line. Copies share the compiled expression.
class RegularExpression {
 public:
  /// Throws Error for a pattern that is not an expression, saying where.
  explicit RegularExpression(std::string_view pattern);

  /// Finds all matches, which do not overlap, from left to right. An empty match is one, except
  /// right behind another match. Throws Error when the search takes too long or too much memory.
  std::vector<TextSpan> find_all(std::string_view text) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace gatefold
