#include "language/corpora/records.h"

#include <csv.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "ir/error.h"
#include "ir/number_text.h"
#include "language/text/split.h"
#include "language/text/utf8.h"

namespace gatefold {
namespace {

/// The end of a file's name that says how it is read, in small letters.
std::string extension_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& letter : extension) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return extension;
}

/// The position from 0 that "3" names; nothing for other texts.
std::optional<std::size_t> position_of(const std::string& column) {
  const auto number = number_from_text<std::size_t>(column);
  return number && *number > 0 ? std::optional(*number - 1) : std::nullopt;
}

/// Reads the fields of all lines by libcsv.
class FieldReader {
 public:
  FieldReader(std::string_view text, char separator) {
    csv_parser parser;
    const int options = separator == '\t' ? 0 : CSV_APPEND_NULL;
    csv_init(&parser, static_cast<unsigned char>(options));
    csv_set_delim(&parser, static_cast<unsigned char>(separator));
    if (separator == '\t') csv_set_quote(&parser, '\0');
    const auto parsed = csv_parse(&parser, text.data(), text.size(), add_field, end_line, this);
    // Strict at the end only: a quote inside of a field that does not begin with one is text.
    csv_set_opts(&parser, static_cast<unsigned char>(options | CSV_STRICT | CSV_STRICT_FINI));
    const bool is_whole =
        parsed == text.size() && csv_fini(&parser, add_field, end_line, this) == 0;
    csv_free(&parser);
    if (!is_whole) fail("line {} is damaged: a quote is not closed", lines_.size() + 1);
  }

  std::vector<Record> lines() { return std::move(lines_); }

 private:
  static void add_field(void* text, std::size_t size, void* reader) {
    static_cast<FieldReader*>(reader)->line_.emplace_back(static_cast<const char*>(text), size);
  }

  static void end_line(int /*terminator*/, void* reader) {
    auto* self = static_cast<FieldReader*>(reader);
    self->lines_.push_back(std::exchange(self->line_, {}));
  }

  Record line_;
  std::vector<Record> lines_;
};

/// Where the wanted columns stand: by their numbers, or by the names in the first line, which then
/// is no record.
std::vector<std::size_t> find_columns(const TextSource& source, std::vector<Record>& lines,
                                      std::size_t count) {
  std::vector<std::size_t> places;
  if (source.columns.empty()) {
    for (std::size_t i = 0; i < count; ++i) places.push_back(i);
    return places;
  }
  const Record& names = lines.front();
  bool has_names = false;
  for (const std::string& column : source.columns) {
    if (const std::optional<std::size_t> place = position_of(column)) {
      places.push_back(*place);
      continue;
    }
    const auto found = std::find(names.begin(), names.end(), column);
    if (found == names.end()) {
      fail("there is no column '{}'; the first line holds {}; columns also have numbers from 1",
           column, fmt::join(names, ", "));
    }
    places.push_back(static_cast<std::size_t>(found - names.begin()));
    has_names = true;
  }
  if (has_names) lines.erase(lines.begin());
  return places;
}

std::vector<Record> read_table(const TextSource& source, std::string_view text, char separator,
                               std::size_t count) {
  std::vector<Record> lines = FieldReader(text, separator).lines();
  if (lines.empty()) return {};
  const std::vector<std::size_t> places = find_columns(source, lines, count);
  std::vector<Record> records;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].size() == 1 && lines[i][0].empty()) continue;
    Record& record = records.emplace_back();
    for (const std::size_t place : places) {
      if (place >= lines[i].size()) {
        fail("record {} has {} columns, but column {} is asked for", i + 1, lines[i].size(),
             place + 1);
      }
      record.push_back(lines[i][place]);
    }
  }
  return records;
}

std::vector<Record> read_objects(const TextSource& source, std::string_view text,
                                 std::size_t count) {
  if (source.columns.empty()) {
    fail("which fields of its objects are to be read is not said; give {}:FIELD{}",
         source.path.string(), count > 1 ? ",FIELD" : "");
  }
  std::vector<Record> records;
  std::size_t number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto object = nlohmann::json::parse(line, nullptr, false);
    if (!object.is_object()) fail("line {} is not an object in JSON", number);
    Record& record = records.emplace_back();
    for (const std::string& column : source.columns) {
      const auto field = object.find(column);
      if (field == object.end() || !(field->is_string() || field->is_number())) {
        fail("line {} has no text '{}'", number, column);
      }
      record.push_back(field->is_string() ? field->get<std::string>() : field->dump());
    }
  }
  return records;
}

std::vector<Record> read_lines(std::string_view text) {
  std::vector<Record> records;
  for (std::string& line : split(text, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) records.push_back({std::move(line)});
  }
  return records;
}

}  // namespace

TextSource parse_text_source(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || std::filesystem::exists(text)) return {text};
  return {text.substr(0, colon), split(std::string_view(text).substr(colon + 1), ',')};
}

bool is_plain_text(const std::filesystem::path& path) {
  const std::string extension = extension_of(path);
  return extension != ".tsv" && extension != ".csv" && extension != ".jsonl";
}

std::vector<Record> read_records(const TextSource& source, std::size_t columns) {
  const std::string text = read_text(source.path);
  const std::string extension = extension_of(source.path);
  std::vector<Record> records;
  try {
    records = extension == ".tsv"     ? read_table(source, text, '\t', columns)
              : extension == ".csv"   ? read_table(source, text, ',', columns)
              : extension == ".jsonl" ? read_objects(source, text, columns)
                                      : read_lines(text);
  } catch (const Error& error) {
    fail("'{}': {}", source.path.string(), error.what());
  }
  if (records.empty()) fail("'{}' is empty: there is no text in it", source.path.string());
  return records;
}

}  // namespace gatefold
