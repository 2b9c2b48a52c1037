#include "language/tokenizers/tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "ir/error.h"
#include "language/text/characters.h"
#include "language/text/utf8.h"
#include "language/tokenizers/added_tokens.h"
#include "language/tokenizers/length_limits.h"
#include "language/tokenizers/parts/parts.h"
#include "language/tokenizers/parts/settings.h"
#include "language/tokenizers/token_list.h"
#include "session/arrays/files.h"

namespace gatefold {
namespace {

using nlohmann::json;

/// Makes a field that holds a part, which `make` makes of it.
template <typename Part>
JsonField part_field(std::string_view name, Part& part, Part (*make)(const json& settings)) {
  return {name, [&part, make](const json& settings) { part = make(settings); }};
}

/// Says where in a text a byte is.
std::string place_of(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_begin = before.rfind('\n') + 1;
  return fmt::format(", in line {} at character {},", line,
                     characters(before.substr(line_begin)).size() + 1);
}

/// Throws the Error for a text that is not in the vocabulary, with the place where it first stands
/// in the whole text or, if not there, in the normalized one. The sign for a space is not part of
/// what the user wrote.
[[noreturn]] void refuse_unknown(const std::string& text, const Normalizer& normalizer,
                                 std::string_view unknown) {
  constexpr std::string_view kSpace = "▁";
  if (unknown.size() > kSpace.size() && unknown.starts_with(kSpace)) {
    unknown.remove_prefix(kSpace.size());
  }
  std::string place;
  for (const std::string& form : {text, normalizer ? normalizer(text) : text}) {
    const std::size_t at = form.find(unknown);
    if (place.empty() && at != std::string::npos) place = place_of(form, at);
  }
  fail(
      "{}{} is not in the vocabulary, which has no token for the unknown; gatefold prepare "
      "--min-count 2 makes one",
      shown(unknown), place);
}

}  // namespace

struct Tokenizer::Parts {
  std::string document;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  TokenModel model;
  PostProcessor post_processor;
  Decoder decoder;
  Vocabulary added;
  std::unordered_set<std::int64_t> special;
  AddedTokenSearch in_text;
  AddedTokenSearch in_normalized_text;
  LengthLimits limits;
  /// How many ids the post-processor adds.
  std::int64_t added_around = 0;

  explicit Parts(std::string text);

  void read_added(const json& entries);
  /// Checks the ids that are not those of a text.
  void check_added_ids();
  const std::string* token_of(std::int64_t id) const;
  /// Appends the ids of text between added tokens.
  void encode_between(std::string_view text, bool is_first, Ids& ids) const;
  void encode_pieces(Piece piece, Ids& ids) const;
  Ids encode(std::string_view text) const;
};

Tokenizer::Parts::Parts(std::string text) : document(std::move(text)) {
  const json root = json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) fail("the tokenizer is no JSON object");
  if (!root.contains("model") || root["model"].is_null())
    fail("the tokenizer has no field 'model'");
  read_fields(root, "the tokenizer",
              {fixed_json_field("version", "1.0"),
               truncation_field(limits),
               padding_field(limits),
               part_field("normalizer", normalizer, make_normalizer),
               part_field("pre_tokenizer", pre_tokenizer, make_pre_tokenizer),
               part_field("post_processor", post_processor, make_post_processor),
               part_field("decoder", decoder, make_decoder),
               part_field("model", model, make_model),
               {"added_tokens", [this](const json& entries) { read_added(entries); }}});
  check_added_ids();
}

void Tokenizer::Parts::read_added(const json& entries) {
  if (!entries.is_array()) refuse_kind("added_tokens", entries, "a list");
  for (const AddedToken& token : read_added_tokens(entries, *model.vocabulary, normalizer)) {
    added.add(token.content, token.id);
    if (token.special) special.insert(token.id);
    (token.normalized ? in_normalized_text : in_text).add(token);
  }
}

void Tokenizer::Parts::check_added_ids() {
  const Ids around = post_processor ? post_processor({}) : Ids{};
  for (const std::int64_t id : around) {
    if (token_of(id) == nullptr) fail("the post_processor adds the id {}, which has no token", id);
  }
  added_around = std::ssize(around);
  if (limits.longest && *limits.longest < added_around) {
    fail("the truncation leaves {} ids, but the post_processor adds {}", *limits.longest,
         added_around);
  }
  if (limits.pads && token_of(limits.padding_id) == nullptr) {
    fail("the padding has the id {}, which has no token", limits.padding_id);
  }
}

const std::string* Tokenizer::Parts::token_of(std::int64_t id) const {
  const std::string* token = added.token_of(id);
  return token != nullptr ? token : model.vocabulary->token_of(id);
}

void Tokenizer::Parts::encode_pieces(Piece piece, Ids& ids) const {
  std::vector<Piece> pieces;
  if (pre_tokenizer) {
    pieces = cut(pre_tokenizer, std::move(piece));
  } else {
    pieces.push_back(std::move(piece));
  }
  for (const Piece& part : pieces) {
    const Ids found = model.encode(part.text);
    ids.insert(ids.end(), found.begin(), found.end());
  }
}

void Tokenizer::Parts::encode_between(std::string_view text, bool is_first, Ids& ids) const {
  std::string normalized(text);
  if (normalizer) normalized = normalizer(std::move(normalized));
  for (const TextPart& part : in_normalized_text.split(normalized)) {
    if (part.token) {
      ids.push_back(*part.token);
    } else {
      const bool begins = is_first && part.text.data() == normalized.data();
      encode_pieces({std::string(part.text), begins}, ids);
    }
  }
}

Ids Tokenizer::Parts::encode(std::string_view text) const {
  Ids ids;
  for (const TextPart& part : in_text.split(text)) {
    if (part.token) {
      ids.push_back(*part.token);
    } else {
      encode_between(part.text, part.text.data() == text.data(), ids);
    }
  }
  return ids;
}

Tokenizer::Tokenizer(std::string document)
    : parts_(std::make_shared<const Parts>(std::move(document))) {}

std::vector<std::int64_t> Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  if (!is_utf8(text)) checked_utf8(std::string(text), "the text");
  try {
    Ids ids = parts_->encode(text);
    const bool adds = add_special_tokens && parts_->post_processor;
    ids = parts_->limits.cut(std::move(ids), adds ? parts_->added_around : 0);
    if (adds) ids = parts_->post_processor(std::move(ids));
    return parts_->limits.pad(std::move(ids));
  } catch (const UnknownText& unknown) {
    refuse_unknown(std::string(text), parts_->normalizer, unknown.text);
  }
}

std::vector<std::string> Tokenizer::encode_pieces(std::string_view text,
                                                  bool add_special_tokens) const {
  std::vector<std::string> tokens;
  for (const std::int64_t id : encode(text, add_special_tokens)) tokens.push_back(token_of(id));
  return tokens;
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  for (const std::int64_t id : ids) {
    const std::string& token = token_of(id);
    if (!skip_special_tokens || !is_special(id)) tokens.push_back(token);
  }
  if (!parts_->decoder) return fmt::format("{}", fmt::join(tokens, " "));
  return fmt::format("{}", fmt::join(parts_->decoder(std::move(tokens)), ""));
}

std::int64_t Tokenizer::vocabulary_size() const {
  return std::max(parts_->model.vocabulary->size(), parts_->added.size());
}

std::optional<std::int64_t> Tokenizer::id_of(std::string_view token) const {
  const auto added = parts_->added.id_of(token);
  return added ? added : parts_->model.vocabulary->id_of(token);
}

const std::string& Tokenizer::token_of(std::int64_t id) const {
  const std::string* token = parts_->token_of(id);
  if (token == nullptr) {
    fail("the tokenizer has no token with the id {}; its ids are below {}", id, vocabulary_size());
  }
  return *token;
}

std::optional<std::int64_t> Tokenizer::unknown_id() const {
  const auto& token = parts_->model.unknown_token;
  return token ? parts_->model.vocabulary->id_of(*token) : std::nullopt;
}

bool Tokenizer::is_special(std::int64_t id) const { return parts_->special.contains(id); }

const std::string& Tokenizer::document() const { return parts_->document; }

Tokenizer read_tokenizer(const std::filesystem::path& path) {
  std::string text = read_text(path);
  try {
    if (path.extension() != ".json") return tokenizer_of_list(text);
    return Tokenizer(std::move(text));
  } catch (const Error& error) {
    fail("'{}': {}", path.string(), error.what());
  }
}

void write_tokenizer(const Tokenizer& tokenizer, const std::filesystem::path& path) {
  write_file(path, tokenizer.document());
}

}  // namespace gatefold
