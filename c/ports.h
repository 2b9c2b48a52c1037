#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "c/gatefold.h"
#include "session/port.h"

namespace gatefold::c {

/// Inputs or outputs as C sees them.
class Ports {
 public:
  explicit Ports(const std::vector<ModelPort>& ports);

  std::size_t size() const { return ports_.size(); }
  /// Throws Misuse for an index beyond the end; messages call a port `what`.
  const gatefold_port& at(std::size_t index, const char* what) const;

 private:
  /// A port with what its pointers point to.
  struct Port {
    explicit Port(const ModelPort& port);
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    std::string name;
    std::string text;
    std::vector<std::int64_t> dims;
    std::vector<const char*> symbols;
    gatefold_port view = {};
  };

  std::deque<Port> ports_;  // Its entries stay where they are.
};

}  // namespace gatefold::c
