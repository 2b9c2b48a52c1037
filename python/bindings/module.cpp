#include <pybind11/pybind11.h>

#include "ir/error.h"
#include "python/bindings/bindings.h"

PYBIND11_MODULE(_gatefold, module) {
  using namespace gatefold::python;
  module.doc() = "What the package gatefold is made of; see there.";
  pybind11::register_local_exception<gatefold::Error>(module, "Error", PyExc_ValueError)
      .attr("__module__") = "gatefold";
  module.attr("version") = GATEFOLD_VERSION;
  add_tensor(module);
  add_models(module);
  add_training(module);
  add_tokenizer(module);
  add_projects(module);
  add_inspection(module);
}
