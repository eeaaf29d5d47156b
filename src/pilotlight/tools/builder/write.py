"""Write a bundle's folder: weights outside the graph, a digest of every file, the manifest last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...bundle import FORMAT, MANIFEST
from ...engine import Session
from ...errors import BuildError
from ...tensor import Spec
from ...version import __version__
from .source import Source

GRAPH, WEIGHTS = "model.onnx", "weights.bin"
OUTSIDE = 1024  # bytes from which a weight is worth a place outside the graph
_PAGE, _LINE = 4096, 64  # what large weights are aligned to, so that they map; and small ones
_LARGE = 65_536
_FREE = 4  # the IR version from which an initialiser need not be an input, too (IR.md)


def write_graph(source: Source, folder: Path) -> None:
    """Write the portable graph, with weights from 1 KB on in a file of their own.

    Raises:
        BuildError: the graph without its weights is over 2 GB, the limit of protobuf.
    """
    import onnx
    from onnx.external_data_helper import set_external_data

    proto = onnx.ModelProto()
    proto.CopyFrom(source.proto)
    _sort_opsets(proto)
    if proto.ir_version >= _FREE:
        _hoist(proto.graph)
    with (folder / WEIGHTS).open("wb") as file:
        for tensor in _weights(proto.graph):
            data = _raw(tensor)
            if len(data) < OUTSIDE:
                continue
            align = _PAGE if len(data) >= _LARGE else _LINE
            file.write(b"\0" * (-file.tell() % align))
            tensor.raw_data = data
            set_external_data(tensor, WEIGHTS, file.tell(), len(data))
            tensor.ClearField("raw_data")
            file.write(data)
        size = file.tell()
    if not size:
        (folder / WEIGHTS).unlink()
    try:
        (folder / GRAPH).write_bytes(proto.SerializeToString(deterministic=True))
    except ValueError as error:
        raise BuildError(f"{source.file}: the graph cannot be written: {error}") from None


def write_manifest(
    source: Source, folder: Path, name: str, session: Session, *, stacks: bool
) -> None:
    """Write ``model.json`` over what is in the folder."""
    import onnxruntime

    files = sorted(path.name for path in folder.iterdir())
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "inputs": [_field(spec, source.features.get(spec.name)) for spec in session.inputs],
        "outputs": [_field(spec, source.classes.get(spec.name)) for spec in session.outputs],
        "stacks": stacks,
        "graph": GRAPH,
        "files": {file: _facts(folder / file) for file in files},
        "made_from": {
            "file": source.file.name,
            "sha256": _facts(source.file)["sha256"],
            "framework": source.framework,
            "model": source.description,
        },
        "made_with": {"pilotlight": __version__, "onnxruntime": onnxruntime.__version__},
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")


def _field(spec: Spec, names: list[Any] | None) -> dict[str, Any]:
    field: dict[str, Any] = {"name": spec.name, "dtype": spec.dtype, "shape": list(spec.shape)}
    if names and spec.shape and spec.shape[-1] in (len(names), None):
        field["names"] = names
    return field


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}


def _sort_opsets(proto: Any) -> None:
    """Sort the opsets by domain: skl2onnx writes them in the order of a set, which is by chance."""
    for part in (proto, *proto.functions):
        opsets = sorted(part.opset_import, key=lambda opset: str(opset.domain))
        copies = [type(opset).FromString(opset.SerializeToString()) for opset in opsets]
        del part.opset_import[:]
        part.opset_import.extend(copies)


def _hoist(graph: Any) -> None:
    """Make initialisers of large tensors in Constant nodes, in a graph and the graphs in it."""
    for node in list(graph.node):
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                _hoist(inner)
        if node.op_type != "Constant" or node.domain not in ("", "ai.onnx"):
            continue
        if [attribute.name for attribute in node.attribute] == ["value"]:
            tensor = node.attribute[0].t
            if len(_raw(tensor)) >= OUTSIDE:
                graph.initializer.add().CopyFrom(tensor)
                graph.initializer[-1].name = node.output[0]
                graph.node.remove(node)


def _weights(graph: Any) -> Iterator[Any]:
    """Yield the dense initialisers of a graph and of the graphs in its nodes, in order."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from _weights(inner)


def _raw(tensor: Any) -> bytes:
    """Return a weight's bytes in little-endian order; none for strings, which stay inside."""
    import onnx

    if tensor.data_type == onnx.TensorProto.STRING:
        return b""
    if tensor.HasField("raw_data"):
        data: bytes = tensor.raw_data
        return data
    whole = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor), tensor.name)
    for field in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
        tensor.ClearField(field)
    data = whole.raw_data
    tensor.raw_data = data
    return data
