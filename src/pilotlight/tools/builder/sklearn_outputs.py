"""Make the outputs of a converted estimator those of scikit-learn, under names that are true."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import BuildError
from .sklearn_inputs import steps_of
from .source import Feeds

LABEL, PROBABILITIES, SCORES = "label", "probabilities", "scores"
_SECOND = ("predict_proba", "decision_function", "score_samples")  # the first that there is


def second_method(model: Any, proto: Any, file: Path, description: str) -> str | None:
    """Return the method that gives the converted model's second output.

    Raises:
        BuildError: there is an output that no method gives, so that nobody could compare it.
    """
    names = [output.name for output in proto.graph.output]
    found = next((method for method in _SECOND if hasattr(model, method)), None)
    if found is None and hasattr(list(steps_of(model))[-1], "cluster_centers_"):
        found = "transform"
    unknown = names[2:] if found else names[1:]
    if unknown:
        raise BuildError(
            f"{file}: the converted {description} has an output {unknown[0]!r} that scikit-learn "
            "cannot be asked for, so that it cannot be compared"
        )
    return found if len(names) == 2 else None


def arrange(model: Any, proto: Any, method: str | None) -> dict[str, list[Any]]:
    """Rename, split or narrow the second output to what ``method`` gives; return its classes.

    Probabilities of several targets become an output each, ``probabilities_0`` and so on. Scores
    that are no probabilities are ``scores``; those of two classes are one number, as in
    scikit-learn.
    """
    if method is None:
        return {}
    classes = getattr(model, "classes_", None)
    if isinstance(classes, list):  # several targets
        return _split(proto, [known.tolist() for known in classes])
    if method != "predict_proba":
        _rename(proto, SCORES)
    name = proto.graph.output[1].name
    if classes is None:
        return {}
    if method == "decision_function" and len(classes) == 2 and classes.ndim == 1:
        _narrow(proto, 0 if type(list(steps_of(model))[-1]).__name__ in ("SVC", "NuSVC") else -1)
        return {}
    pairs = getattr(list(steps_of(model))[-1], "decision_function_shape", "ovr") == "ovo"
    return {} if method == "decision_function" and pairs else {name: classes.tolist()}


def answers(
    model: Any, table: Callable[[Feeds], Any], proto: Any, method: str | None
) -> Callable[[Feeds], dict[str, Any]]:
    """Return what the estimator itself predicts, by the converted model's output names."""
    import numpy as np

    ranks = {o.name: len(o.type.tensor_type.shape.dim) for o in proto.graph.output}

    def answer(feeds: Feeds) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a matrix without feature names, made with them
            rows = table(feeds)
            results = [model.predict(rows)]
            if method is not None:
                second = getattr(model, method)(rows)
                results += second if isinstance(second, list) else [second]
        arrays = [np.asarray(result) for result in results]
        found = {}
        for (name, rank), array in zip(ranks.items(), arrays, strict=True):
            column = rank == 2 and array.ndim == 1  # a regressor's, an outlier detector's
            found[name] = (array[:, np.newaxis] if column else array).tolist()
        return found

    return answer


def _rename(proto: Any, wanted: str) -> None:
    graph = proto.graph
    old, new = graph.output[1].name, wanted
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    taken |= {value.name for value in graph.input}
    if old == wanted:
        return
    while new in taken:
        new += "_"
    graph.output[1].name = new
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new


def _narrow(proto: Any, column: int) -> None:
    """Keep one column of the scores of two classes: that of the second class, as a vector."""
    import onnx

    graph = proto.graph
    name = graph.output[1].name
    _rename(proto, f"{name}_of_both")
    inside = graph.output[1].name
    index = onnx.helper.make_tensor(f"{name}_column", onnx.TensorProto.INT64, [], [column])
    graph.initializer.append(index)
    node = onnx.helper.make_node("Gather", [inside, index.name], [name], name=name, axis=1)
    graph.node.append(node)
    del graph.output[1]
    graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None]))


def _split(proto: Any, classes: list[list[Any]]) -> dict[str, list[Any]]:
    """Make an output for each target of one that has them all, as a sequence or a first axis."""
    import onnx

    graph = proto.graph
    whole = graph.output[1]
    name, is_sequence = whole.name, whole.type.HasField("sequence_type")
    _rename(proto, f"{name}_of_all")
    inside = graph.output[1].name
    del graph.output[1]
    made = {}
    for target, known in enumerate(classes):
        one = f"{name}_{target}"
        made[one] = known
        constants = {"target": [target], "start": [0], "end": [len(known)], "axis": [1]}
        for what, values in constants.items():
            shape = [] if what == "target" else [1]
            graph.initializer.append(
                onnx.helper.make_tensor(f"{one}_{what}", onnx.TensorProto.INT64, shape, values)
            )
        pick, axis = ("SequenceAt", {}) if is_sequence else ("Gather", {"axis": 0})
        picked = [f"{one}_picked"]
        graph.node.extend(
            [
                onnx.helper.make_node(
                    pick, [inside, f"{one}_target"], picked, f"{one}_pick", **axis
                ),
                onnx.helper.make_node(
                    "Slice",
                    [*picked, f"{one}_start", f"{one}_end", f"{one}_axis"],
                    [one],
                    name=f"{one}_slice",
                ),
            ]
        )
        value = onnx.helper.make_tensor_value_info(one, onnx.TensorProto.FLOAT, [None, len(known)])
        graph.output.append(value)
    return made
