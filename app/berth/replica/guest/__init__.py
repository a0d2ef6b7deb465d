"""What runs inside a berth, beside the dashboards. Only ``main`` may be imported by the supervisor."""
