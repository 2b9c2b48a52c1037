"""Gatefold: runs and trains ONNX models on the CPU."""

from gatefold._gatefold import Error, Model, Port, Session, Tensor
from gatefold._gatefold import version as __version__
