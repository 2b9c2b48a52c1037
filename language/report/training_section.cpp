#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "language/pictures/line_chart.h"
#include "language/report/sections.h"

namespace gatefold {
namespace {

constexpr std::size_t kMostRows = 200;
constexpr std::size_t kMostSamples = 12;

/// At most so many numbers below `count`, evenly spread from the first to the last.
std::vector<std::size_t> spread(std::size_t count, std::size_t most) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < std::min(count, most); ++i) {
    chosen.push_back(count <= most ? i : i * (count - 1) / (most - 1));
  }
  return chosen;
}

/// A text without line breaks at its ends.
std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of('\n');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of('\n') + 1 - begin);
}

/// A number as a table shows it.
std::string cell_of(double number) {
  constexpr double kSmall = 1e-3;
  if (!std::isfinite(number)) return "–";
  return number != 0 && std::abs(number) < kSmall ? fmt::format("{:.2e}", number)
                                                  : fmt::format("{:.4f}", number);
}

double number_of(const LoggedEpoch& epoch, const std::string& field) {
  const auto found = epoch.numbers.find(field);
  return found == epoch.numbers.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

/// The place of the epoch whose loss was smallest, on validation data if there are any.
std::size_t best_epoch(const TrainingLog& log) {
  const bool is_validated = log.fields.contains("validation_loss");
  const std::string field = is_validated ? "validation_loss" : "training_loss";
  std::size_t best = 0;
  for (std::size_t i = 1; i < log.epochs.size(); ++i) {
    if (number_of(log.epochs[i], field) < number_of(log.epochs[best], field)) best = i;
  }
  return best;
}

std::string title_of(std::string field) {
  std::replace(field.begin(), field.end(), '_', ' ');
  return field;
}

/// The fields of epochs: those of training before those of validation, the loss first.
std::vector<std::string> epoch_fields(const TrainingLog& log) {
  std::set<std::string> found;
  for (const LoggedEpoch& epoch : log.epochs) {
    for (const auto& [field, number] : epoch.numbers) found.insert(field);
  }
  std::vector<std::string> fields(found.begin(), found.end());
  const auto key = [](const std::string& field) {
    return std::pair(field.starts_with("validation_"), !field.ends_with("_loss"));
  };
  std::stable_sort(fields.begin(), fields.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return fields;
}

PageTable epoch_table(const TrainingLog& log) {
  const std::vector<std::string> fields = epoch_fields(log);
  PageTable table{{{"epoch", true}}};
  for (const std::string& field : fields) table.columns.push_back({title_of(field), true});
  const std::size_t best = best_epoch(log);
  std::vector<std::size_t> shown = spread(log.epochs.size(), kMostRows);
  if (std::count(shown.begin(), shown.end(), best) == 0) shown.push_back(best);
  std::sort(shown.begin(), shown.end());
  for (const std::size_t i : shown) {
    const LoggedEpoch& epoch = log.epochs[i];
    std::vector<std::string> row{fmt::format("{}{}", i == best ? "★ " : "", epoch.epoch + 1)};
    for (const std::string& field : fields) row.push_back(cell_of(number_of(epoch, field)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

void add_curves(Page& page, const TrainingLog& log) {
  const PagePicture picture{
      draw(chart_of(std::span(&log, 1), "loss", true)),
      "Faint: the loss of each step. Solid: its mean after each epoch; dashed: that of the data "
      "that are held back. Dotted: the learning rate."};
  page.pictures(std::span(&picture, 1));
  if (log.epochs.empty()) return;
  page.heading("After each epoch");
  page.paragraph(fmt::format("The loss was smallest after epoch {}, which has a star.",
                             log.epochs[best_epoch(log)].epoch + 1));
  page.table(epoch_table(log));
}

bool has_samples(const TrainingLog& log) {
  return std::any_of(log.epochs.begin(), log.epochs.end(),
                     [](const LoggedEpoch& epoch) { return !epoch.samples.empty(); });
}

void add_samples(Page& page, const TrainingLog& log) {
  std::vector<std::string> texts;
  for (const LoggedEpoch& epoch : log.epochs) {
    for (const Sample& sample : epoch.samples) {
      if (std::count(texts.begin(), texts.end(), sample.text) == 0) texts.push_back(sample.text);
    }
  }
  for (const std::string& text : texts) {
    std::vector<std::vector<std::string>> rows;
    for (const LoggedEpoch& epoch : log.epochs) {
      for (const Sample& sample : epoch.samples) {
        if (sample.text != text) continue;
        rows.push_back({fmt::format("{}", epoch.epoch + 1), trimmed(sample.answer)});
      }
    }
    PageTable table{{{"epoch", true}, {"answer"}}};
    for (const std::size_t i : spread(rows.size(), kMostSamples)) table.rows.push_back(rows[i]);
    page.heading(text);
    page.table(table);
  }
}

}  // namespace gatefold
