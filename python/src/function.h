// Python's side of the graph: nodes as objects, and functions with a backward written in Python.
#pragma once

#include <optional>
#include <vector>

#include "python.h"
#include "relume/autograd.h"

namespace relume::python {

void add_graph_types(PyObject* module);

// What x.grad_fn is; None for null.
PyObject* node_object(const autograd::NodePtr& node);

// Visits what a node holds of Python, for the collector of cycles.
int visit_node(const autograd::Node* node, visitproc visit, void* arg);

// autograd::backward without the lock.
// Names the node that made a tensor, if one did, as PyTorch names the op that Relume makes of several.
void name_node(const Tensor& tensor, std::string_view name);

void run_backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& gradients,
                  std::optional<bool> retain_graph, bool create_graph, const std::vector<Tensor>& inputs);

}  // namespace relume::python
