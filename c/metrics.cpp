#include "session/training/metrics.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "c/errors.h"
#include "c/handles.h"
#include "ir/error.h"

namespace gatefold::c {
namespace {

double value_of(const Metrics& metrics, std::string_view name) {
  if (name == "loss") return metrics.loss();
  const std::vector<std::string>& names = metrics.names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    fail("the metrics have no '{}'; they have loss{}{}", name, names.empty() ? "" : ", ",
         fmt::join(names, ", "));
  }
  return metrics.values()[static_cast<std::size_t>(found - names.begin())];
}

}  // namespace
}  // namespace gatefold::c

using gatefold::c::guarded;
using gatefold::c::required;

gatefold_status gatefold_metrics_create(const gatefold_trainer* trainer, const char* const* names,
                                        size_t count, gatefold_metrics** metrics) {
  return gatefold::c::make_handle(metrics, "the place for the metrics", [&] {
    const gatefold_trainer& source = required(trainer, "the trainer");
    if (count > 0) required(names, "the list of names");
    std::vector<std::string> wanted;
    for (size_t i = 0; i < count; ++i) {
      wanted.emplace_back(&required(names[i], "the name of a metric"));
    }
    return std::make_unique<gatefold_metrics>(
        gatefold_metrics{source.session.make_metrics(wanted), source.number});
  });
}

void gatefold_metrics_free(gatefold_metrics* metrics) { delete metrics; }

gatefold_status gatefold_metrics_value(const gatefold_metrics* metrics, const char* name,
                                       double* value) {
  return guarded([&] {
    const gatefold::Metrics& sums = required(metrics, "the metrics").metrics;
    required(value, "the place for the value") =
        gatefold::c::value_of(sums, &required(name, "the name of a metric"));
  });
}

gatefold_status gatefold_metrics_reset(gatefold_metrics* metrics) {
  return guarded([&] { required(metrics, "the metrics").metrics.restore({}); });
}
