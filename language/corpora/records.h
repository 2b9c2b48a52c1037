#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gatefold {

/// A file of texts, and which of its columns are read.
struct TextSource {
  std::filesystem::path path;
  /// Names, or numbers from 1; empty: the first ones.
  std::vector<std::string> columns = {};
};

/// Parses "FILE" or "FILE:COLUMN,COLUMN,...". A file whose own name holds such a colon counts as a
/// file.
TextSource parse_text_source(const std::string& text);

/// Returns whether the file holds lines of one text each, and no columns: whether its name ends
/// neither in .tsv, .csv nor .jsonl, in small letters or in capitals.
bool is_plain_text(const std::filesystem::path& path);

using Record = std::vector<std::string>;

/// Reads the records of a file: the lines of a .tsv or .csv file (RFC 4180: quoted fields), the
/// objects of a .jsonl file, whose columns have names, or the lines of any other file, each with a
/// single column. Where a column of a .tsv or .csv file is named, the first line holds the names
/// and is no record. A number in a .jsonl file is read as its text. Empty lines are left out.
/// Without chosen columns the first `columns` ones are read. Throws Error for a file that cannot be
/// read, is empty or is not UTF-8, for a quote that is not closed, and for a record that lacks a
/// column.
std::vector<Record> read_records(const TextSource& source, std::size_t columns);

}  // namespace gatefold
