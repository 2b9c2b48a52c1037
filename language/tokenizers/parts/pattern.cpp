#include "language/tokenizers/parts/pattern.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "ir/error.h"
#include "language/text/regular_expression.h"

namespace gatefold {
namespace {

using nlohmann::json;

[[noreturn]] void refuse_construct(std::string_view expression, std::string_view construct,
                                   std::string_view remedy) {
  fail("the regular expression '{}' holds '{}', which is not supported; {}", expression, construct,
       remedy);
}

/// Where the escape that begins at `at` ends: "\n", "\p{L}".
std::size_t end_of_escape(std::string_view expression, std::size_t at) {
  const std::size_t brace = at + 2;
  const bool has_name = brace < expression.size() && expression[brace] == '{';
  const std::size_t end = has_name ? expression.find('}', brace) : at + 1;
  return end == std::string_view::npos ? expression.size() : end + 1;
}

/// Throws Error for what Oniguruma and ICU understand differently. All of it is ASCII.
void check_dialect(std::string_view expression) {
  int sets = 0;
  for (std::size_t at = 0; at < expression.size();) {
    const std::string_view rest = expression.substr(at);
    if (rest.starts_with("\\h") || rest.starts_with("\\H")) {
      refuse_construct(expression, rest.substr(0, 2), "write [0-9a-fA-F] for hexadecimal digits");
    }
    if (rest[0] == '\\') {
      at = end_of_escape(expression, at);
      continue;
    }
    if (rest[0] == '[') ++sets;
    if (rest[0] == ']') --sets;
    const std::string_view flags =
        rest.starts_with("(?") ? rest.substr(0, rest.find_first_not_of("(?imsxw-")) : "";
    if (sets == 0 && flags.find('m') != std::string_view::npos) {
      refuse_construct(expression, flags, "write [\\s\\S] for any character");
    }
    if (sets == 0 && rest.starts_with("}+")) {
      refuse_construct(expression, "}+", "put what is repeated into a group");
    }
    ++at;
  }
}

/// A text to look for as it is.
Pattern make_literal(std::string literal) {
  if (literal.empty()) fail("field 'pattern' is an empty text, which is found everywhere");
  return [literal = std::move(literal)](std::string_view text) {
    std::vector<TextSpan> found;
    for (std::size_t at = text.find(literal); at != std::string_view::npos;
         at = text.find(literal, at + literal.size())) {
      found.push_back({at, at + literal.size()});
    }
    return found;
  };
}

Pattern make_expression(const std::string& expression) {
  check_dialect(expression);
  return [compiled = RegularExpression(expression)](std::string_view text) {
    return compiled.find_all(text);
  };
}

}  // namespace

JsonField pattern_field(Pattern& pattern) {
  return {"pattern",
          [&pattern](const json& value) {
            std::optional<std::string> literal;
            std::optional<std::string> expression;
            read_fields(value, "the field 'pattern'",
                        {json_field("String", literal), json_field("Regex", expression)});
            if (literal.has_value() == expression.has_value()) {
              fail("the field 'pattern' must have one of the fields 'String' and 'Regex'");
            }
            pattern = literal ? make_literal(*literal) : make_expression(*expression);
          },
          /*is_required=*/true};
}

std::string replace_matches(std::string_view text, const Pattern& pattern,
                            std::string_view replacement) {
  std::string replaced;
  std::size_t done = 0;
  for (const TextSpan& match : pattern(text)) {
    replaced += text.substr(done, match.begin - done);
    replaced += replacement;
    done = match.end;
  }
  return replaced += text.substr(done);
}

}  // namespace gatefold
