"""Request bodies ↔ instances and predictions, one module a protocol."""
