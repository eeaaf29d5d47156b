"""A model file → a bundle."""

from .build import Built, build

__all__ = ["Built", "build"]
