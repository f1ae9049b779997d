"""TensorFlow's optimized graph keeps reads of a weight before its update."""

import collections

import keras
import numpy as np
import pytest

import keras_regan as kr

if keras.backend.backend() != "tensorflow":
    pytest.skip("looks into a graph of TensorFlow", allow_module_level=True)

from tensorflow.python.eager import context


@pytest.fixture(scope="module")
def nodes():
    """Returns the nodes of a training step's optimized graph, by name."""
    # The gradient of a bias does not depend on the pass of these penalties.
    gan = kr.RegularizedGAN(*kr.networks.mlp((2,), latent_dim=2, hidden=(4,)))
    gan.compile(
        discriminator_regularizers=[
            kr.penalties.WassersteinGradientPenalty(),
            kr.penalties.MaxGradientPenalty(),
        ]
    )
    context.context().enable_graph_collection()
    gan.train_on_batch(np.ones((4, 2), "float32"))
    graphs = context.context().export_run_metadata().function_graphs
    context.context().disable_graph_collection()
    largest = max(
        (graph.post_optimization_graph for graph in graphs),
        key=lambda graph: len(graph.node),
    )
    return {node.name: node for node in largest.node}


def before(node):
    return [name.removeprefix("^").split(":")[0] for name in node.input]


def ancestors(name, nodes):
    found, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(before(nodes[name]))
    return found


def variable_of(node, nodes):
    """Returns the argument of the graph that holds the variable."""
    while node.op not in ("_Arg", "VarHandleOp"):
        node = nodes[before(node)[0]]
    return node.name


def test_each_read_and_update_of_a_weight_has_an_order(nodes):
    reads, updates = collections.defaultdict(list), []
    for node in nodes.values():
        if node.op == "ReadVariableOp":
            reads[variable_of(node, nodes)].append(node.name)
        elif node.op.startswith("Assign"):
            updates.append(node)
    assert len(updates) > 20
    unordered = [
        (read, update.name)
        for update in updates
        for read in reads[variable_of(update, nodes)]
        if read not in ancestors(update.name, nodes)
        and update.name not in ancestors(read, nodes)
    ]
    assert not unordered
