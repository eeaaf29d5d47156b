"""Project and target → artifact."""
