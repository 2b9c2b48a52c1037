#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "passes/recurrence/step_forms.h"
#include "tests/element_reading.h"

namespace gatefold::test {

/// Nodes that compute h2 and, for an LSTM, c2; and the roles that must be found, or a part of the
/// reason why there are none.
struct StepCase {
  const char* name;
  const char* nodes;
  const char* roles;
};

inline std::string text_of(const Activation& activation) {
  std::string text(activation.def->name);
  if (activation.def->alpha) text += fmt::format(" {:.4g}", activation.alpha);
  if (activation.def->beta) text += fmt::format(" {:.4g}", activation.beta);
  return text;
}

inline std::string text_of(const GateRole& gate, const ElementReading& reading) {
  std::string text =
      fmt::format("{} ({} {}", text_of(gate.activation), gate.scale, reading.name_of(gate.sum));
  if (gate.peephole != ElementFunction::kNone) {
    text += fmt::format(" + {} {}", gate.peephole_scale, reading.name_of(gate.peephole));
  }
  return text + ")";
}

inline std::string clip_text(std::optional<float> clip) {
  return clip ? fmt::format(", clip {}", *clip) : "";
}

inline std::string text_of(const LstmRoles& roles, const ElementReading& reading) {
  const std::string forget = roles.forget ? text_of(*roles.forget, reading) : "-";
  return fmt::format("c = {}, i = {}, f = {}, g = {}, o = {}, h = {}{}",
                     reading.name_of(roles.cell), text_of(roles.input, reading), forget,
                     text_of(roles.candidate, reading), text_of(roles.output, reading),
                     text_of(roles.squash), clip_text(roles.clip));
}

inline std::string text_of(const GruRoles& roles, const ElementReading& reading) {
  std::string text = fmt::format("h = {}, z = {}, n = {}", reading.name_of(roles.hidden),
                                 text_of(roles.update, reading), text_of(roles.candidate, reading));
  if (roles.reset) {
    text += fmt::format(", r = {} of {} {}", text_of(*roles.reset, reading), roles.state_scale,
                        reading.name_of(roles.state_sum));
  }
  return text + clip_text(roles.clip);
}

inline std::string text_of(const RnnRoles& roles, const ElementReading& reading) {
  return text_of(roles.gate, reading) + clip_text(roles.clip);
}

inline std::string text_of(const ResetRoles& roles, const ElementReading& reading) {
  return fmt::format("r = {}, h = {}{}", text_of(roles.reset, reading),
                     reading.name_of(roles.hidden), clip_text(roles.clip));
}

class Steps : public testing::TestWithParam<StepCase> {
 protected:
  void expect(const std::string& text) const {
    const std::string expected = GetParam().roles;
    if (text.starts_with("no: ")) {
      EXPECT_NE(text.find(expected), std::string::npos) << text << "\nexpected: " << expected;
    } else {
      EXPECT_EQ(text, expected);
    }
  }
  template <typename Match>
  void expect_match(Match match, bool training = false) const {
    ElementReading reading(GetParam().nodes, "h2");
    StepForms forms(training);
    std::string reason = "no reason";
    const auto roles = match(forms, reading, [&](const std::string& text) { reason = text; });
    expect(roles ? text_of(*roles, reading) : "no: " + reason);
  }
};

inline std::string name_of(const testing::TestParamInfo<StepCase>& info) { return info.param.name; }

}  // namespace gatefold::test
