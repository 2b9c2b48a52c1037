"""What models are made of: files, bytes, file objects, protobuf messages of onnx."""

from __future__ import annotations

import os
import tempfile
from typing import IO, Protocol, Union


class ModelProto(Protocol):
    """onnx.ModelProto, as far as it is needed."""

    def SerializeToString(self) -> bytes: ...


Path = Union[str, "os.PathLike[str]"]
ModelSource = Union[Path, bytes, bytearray, memoryview, IO[bytes], ModelProto]


def path_or_bytes(source: ModelSource) -> str | bytes:
    """Returns the path of a model, or its bytes."""
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if hasattr(source, "SerializeToString"):
        return source.SerializeToString()
    if hasattr(source, "read"):
        return source.read()
    raise TypeError(
        "a model is a path, bytes, a file object or an onnx.ModelProto, "
        f"not {type(source).__name__}"
    )


class ModelFile:
    """The file of a model: its own, or one that lives as long as this."""

    def __init__(self, source: ModelSource) -> None:
        content = path_or_bytes(source)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if isinstance(content, str):
            self.path = content
            return
        self._folder = tempfile.TemporaryDirectory(prefix="gatefold-")
        self.path = os.path.join(self._folder.name, "model.onnx")
        with open(self.path, "wb") as file:
            file.write(content)
