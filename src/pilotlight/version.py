"""The one place that states pilotlight's version."""

__version__ = "0.1.0"
