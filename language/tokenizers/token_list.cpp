#include "language/tokenizers/token_list.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ir/error.h"
#include "language/text/characters.h"
#include "language/tokenizers/document.h"

namespace gatefold {
namespace {

constexpr std::string_view kUnknownNames[] = {"<unk>", "<UNK>", "[UNK]", "UNK"};

constexpr std::string_view kSpecialNames[] = {
    "<pad>", "<PAD>", "[PAD]",  "PAD",   "<unk>", "<UNK>",  "[UNK]",        "UNK",     "<s>",
    "</s>",  "<bos>", "<eos>",  "<BOS>", "<EOS>", "<sos>",  "<SOS>",        "<start>", "<end>",
    "[CLS]", "[SEP]", "[MASK]", "[BOS]", "[EOS]", "<mask>", "<|endoftext|>"};

template <std::size_t N>
bool is_among(const std::string_view (&names)[N], std::string_view token) {
  return std::find(std::begin(names), std::end(names), token) != std::end(names);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

void check_tokens(const std::vector<std::string>& tokens) {
  if (tokens.empty()) fail("the list of tokens is empty; it must have one token a line");
  std::unordered_map<std::string_view, std::size_t> lines;
  for (std::size_t line = 1; line <= tokens.size(); ++line) {
    const std::string& token = tokens[line - 1];
    if (token.empty()) fail("line {} of the list of tokens is empty", line);
    const auto [first, is_new] = lines.emplace(token, line);
    if (!is_new) fail("lines {} and {} are the same token {}", first->second, line, shown(token));
    if (token.size() > 2 && token.starts_with("##")) {
      fail(
          "the list of tokens is of the kind WordPiece (line {} is '{}'), and does not say how a "
          "text is cut; give the tokenizer.json that belongs to it",
          line, token);
    }
  }
}

}  // namespace

Tokenizer tokenizer_of_list(const std::string& text) {
  const std::vector<std::string> tokens = lines_of(text);
  check_tokens(tokens);
  TokenizerDocument document;
  std::optional<std::string> unknown;
  bool is_by_character = true;
  for (const std::string& token : tokens) {
    if (!unknown && is_among(kUnknownNames, token)) unknown = token;
    if (is_among(kSpecialNames, token)) {
      document.special.push_back(token);
    } else {
      is_by_character = is_by_character && characters(token).size() == 1;
    }
  }
  document.model = word_level_model(tokens, unknown);
  if (is_by_character) {
    document.pre_tokenizer = isolate_matches(kEachCodePoint);
    document.decoder = {{"type", "Fuse"}};
  } else {
    document.pre_tokenizer = {{"type", "WhitespaceSplit"}};
  }
  return Tokenizer(document.text());
}

}  // namespace gatefold
