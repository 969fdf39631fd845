"""From a source to the store: planning, execution, progress, resume."""
