#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "language/tokenizers/document.h"
#include "language/tokenizers/tokenizer.h"

namespace gatefold {

/// How a tokenizer is made of texts. Every tokenizer brings a text into the form NFC first.
struct TokenizerOptions {
  SpecialTokens special;
  /// Whether capital letters count as small ones.
  bool lower_case = false;
  /// How often something must be in the texts to become a token.
  std::int64_t min_count = 1;
};

/// What a tokenizer of characters counts as one.
enum class CharacterUnit : std::uint8_t { kCodePoint, kGrapheme };

/// Where a tokenizer of words cuts: at white space alone, or between words and other signs as well,
/// so that "c'est !" is c, ', est and !. These lose the white space. The third one cuts like the
/// second and keeps it: a space, written as "▁", belongs to the token behind it, and a text begins
/// with one, so that "c'est !" is ▁c, ', est and ▁!, and decoding gives the text back.
enum class WordBoundary : std::uint8_t { kWhiteSpace, kPunctuation, kSpacedPunctuation };

/// What byte-pair encoding begins with: all 256 bytes, so that nothing is unknown, or the
/// characters of the texts, spaces being written as "▁".
enum class PairAlphabet : std::uint8_t { kBytes, kCharacters };

/// Makes the tokenizers below, of texts in UTF-8. Special tokens have the first ids, other tokens
/// follow by falling count, equal counts in the order of their code points; special tokens for the
/// beginning and the end are put around every text that is encoded with special tokens. The same
/// texts give the same tokenizer.json, byte for byte. Throws Error for texts that are not UTF-8 and
/// where no token is left.

/// Makes a tokenizer whose tokens are characters.
Tokenizer make_character_tokenizer(std::span<const std::string> texts,
                                   const TokenizerOptions& options,
                                   CharacterUnit unit = CharacterUnit::kCodePoint);

/// Makes a tokenizer whose tokens are words. Decoding puts one space between two, or those that the
/// text had where the boundary keeps them.
Tokenizer make_word_tokenizer(std::span<const std::string> texts, const TokenizerOptions& options,
                              WordBoundary boundary = WordBoundary::kPunctuation);

/// Makes a tokenizer by byte-pair encoding (Sennrich et al., 2016): starting with the alphabet, in
/// the order of code points, the most frequent pair of neighbouring tokens becomes a token, again
/// and again, until there are `vocabulary_size` tokens or no pair is there `options.min_count`
/// times. Of equally frequent pairs the one with the lower ids comes first. Throws Error when
/// special tokens and alphabet are more than `vocabulary_size`.
Tokenizer train_bpe_tokenizer(std::span<const std::string> texts, std::int64_t vocabulary_size,
                              const TokenizerOptions& options,
                              PairAlphabet alphabet = PairAlphabet::kBytes);

}  // namespace gatefold
