#include "language/tokenizers/parts/byte_level.h"

#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "language/text/characters.h"
#include "language/text/regular_expression.h"
#include "language/text/utf8.h"
#include "language/tokenizers/parts/kinds.h"
#include "language/tokenizers/parts/settings.h"
#include "language/tokenizers/parts/split.h"

namespace gatefold {
namespace {

/// GPT-2's words.
constexpr std::string_view kWords =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

bool is_printable(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
}

std::array<char32_t, 256> make_alphabet() {
  std::array<char32_t, 256> alphabet{};
  char32_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    alphabet[byte] = is_printable(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return alphabet;
}

std::string encode_bytes(const std::string& text) {
  static const std::vector<std::string> kCharacters = byte_alphabet();
  std::string encoded;
  for (const char byte : text) encoded += kCharacters[static_cast<unsigned char>(byte)];
  return encoded;
}

/// The bytes that the characters of a token stand for; the token as it is where one stands for
/// none.
std::string decode_bytes(const std::string& token) {
  static const std::unordered_map<char32_t, char> kBytes = [] {
    std::unordered_map<char32_t, char> bytes;
    const std::array<char32_t, 256> alphabet = make_alphabet();
    for (int byte = 0; byte < 256; ++byte) bytes[alphabet[byte]] = static_cast<char>(byte);
    return bytes;
  }();
  std::string bytes;
  for (const char32_t point : code_points(token)) {
    const auto found = kBytes.find(point);
    if (found == kBytes.end()) return token;
    bytes += found->second;
  }
  return bytes;
}

struct ByteLevel {
  bool adds_space = false;
  bool splits = true;
};

ByteLevel read_byte_level(const nlohmann::json& settings) {
  ByteLevel part;
  read_settings(settings, {required_field("add_prefix_space", part.adds_space),
                           json_information("trim_offsets"), json_field("use_regex", part.splits)});
  return part;
}

}  // namespace

std::vector<std::string> byte_alphabet() {
  std::vector<std::string> alphabet;
  for (const char32_t point : make_alphabet()) alphabet.push_back(utf8_of(point));
  return alphabet;
}

PreTokenizer make_byte_level_pre_tokenizer(const nlohmann::json& settings) {
  return [part = read_byte_level(settings), words = RegularExpression(kWords)](Piece piece) {
    if (part.adds_space && !piece.text.starts_with(' ')) piece.text.insert(0, 1, ' ');
    std::vector<Piece> pieces;
    if (part.splits) {
      pieces = split(piece, words.find_all(piece.text), SplitBehavior::kIsolated);
    } else {
      pieces.push_back(std::move(piece));
    }
    for (Piece& word : pieces) word.text = encode_bytes(word.text);
    return pieces;
  };
}

PostProcessor make_byte_level_post_processor(const nlohmann::json& settings) {
  read_byte_level(settings);
  return [](Ids ids) { return ids; };
}

Decoder make_byte_level_decoder(const nlohmann::json& settings) {
  read_byte_level(settings);
  return [](const std::vector<std::string>& tokens) {
    std::string bytes;
    for (const std::string& token : tokens) bytes += decode_bytes(token);
    return std::vector<std::string>{repaired_utf8(bytes)};
  };
}

}  // namespace gatefold
