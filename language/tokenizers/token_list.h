#pragma once

#include <string>

#include "language/tokenizers/tokenizer.h"

namespace gatefold {

/// Makes a tokenizer of a list of tokens, one a line, whose line numbers from 0 on are the ids. If
/// all tokens are single characters, a text is cut into characters, otherwise into what stands
/// between white space. Names such as <pad>, <unk>, <s> or [UNK] are special tokens. Throws Error
/// for an empty list, an empty line, a token that is there twice, and for the list of a WordPiece
/// vocabulary, which does not say enough.
Tokenizer tokenizer_of_list(const std::string& text);

}  // namespace gatefold
