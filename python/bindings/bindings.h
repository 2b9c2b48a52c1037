#pragma once

#include <pybind11/pybind11.h>

/// The parts of the module `_gatefold`: each adds its classes and functions.
namespace gatefold::python {

void add_tensor(pybind11::module_& module);     ///< Tensor
void add_models(pybind11::module_& module);     ///< Port, Model, Session
void add_training(pybind11::module_& module);   ///< Trainer, train
void add_language(pybind11::module_& module);   ///< Tokenizer, Project, templates
void add_inspection(pybind11::module_& module);  ///< inspect, test, pictures

}  // namespace gatefold::python
