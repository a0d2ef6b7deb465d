"""Heavy work of a dashboard in a process of its own, with progress and an end."""
