#pragma once

#include <pybind11/pybind11.h>

/// The parts of the module `_gatefold`: each adds its classes and functions.
namespace gatefold::python {

void add_tensor(pybind11::module_& module);      ///< Tensor
void add_models(pybind11::module_& module);      ///< Port, Model, Session
void add_training(pybind11::module_& module);    ///< Trainer, train
void add_tokenizer(pybind11::module_& module);   ///< Tokenizer
void add_projects(pybind11::module_& module);    ///< Project, templates
void add_inspection(pybind11::module_& module);  ///< inspect, test, draw_curve

}  // namespace gatefold::python
