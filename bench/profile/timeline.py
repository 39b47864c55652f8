"""Runs a recorded training step or prediction under TensorFlow's profiler; prints the time by kind of op as JSON.

    python bench/profile/timeline.py FOLDER
"""

import collections
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.core.protobuf import saved_model_pb2  # noqa: E402

RUNS = 10
tf1 = tf.compat.v1
tf1.disable_eager_execution()
folder = sys.argv[1]
names = json.load(open(f"{folder}/names.json"))
model = saved_model_pb2.SavedModel()
model.ParseFromString(open(f"{folder}/saved_model.pb", "rb").read())
graph = tf.Graph()
random = np.random.RandomState(0)
with graph.as_default():
    tf.import_graph_def(model.meta_graphs[0].graph_def, name="")
    writes = []
    for op in graph.get_operations():
        if op.type == "VarHandleOp":
            shape = [size.size for size in op.get_attr("shape").dim]
            dtype = op.get_attr("dtype")
            value = random.randn(*shape) * 0.05 if len(shape) > 1 else np.full(shape, 0.9)
            constant = tf.constant(np.asarray(value).astype(dtype.as_numpy_dtype))
            writes.append(tf.raw_ops.AssignVariableOp(resource=op.outputs[0], value=constant))
# A training step takes images, labels and the learning rate; a prediction only images.
images, *others = (graph.get_tensor_by_name(name) for name in names["parameters"])
feeds = {images: random.rand(*images.shape).astype("float32")}
if others:
    labels, rate = others
    feeds |= {labels: random.randint(0, 3, labels.shape).astype("int32"), rate: np.float32(1e-3)}
micros, nodes = collections.Counter(), collections.Counter()
with tf1.Session(graph=graph) as session:
    if writes:
        session.run(writes)
    for _ in range(5):
        session.run(names["results"], feeds)
    for _ in range(RUNS):
        options = tf1.RunOptions(trace_level=tf1.RunOptions.FULL_TRACE)
        metadata = tf1.RunMetadata()
        session.run(names["results"], feeds, options=options, run_metadata=metadata)
        for device in metadata.step_stats.dev_stats:
            for node in device.node_stats:
                label = node.timeline_label
                op = label.split(" = ")[1].split("(")[0] if " = " in label else node.node_name
                micros[op] += node.op_end_rel_micros - node.op_start_rel_micros
                nodes[op] += 1
rows = [
    {"op": op, "nodes": nodes[op] // RUNS, "ms": value / RUNS / 1e3}
    for op, value in micros.most_common(16)
]
print(json.dumps(rows))
