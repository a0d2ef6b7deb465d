"""The benchmark: ``panel serve``, two variants of it, and ``berth up``, measured side by side in one run.

``python -m loadtests.bench`` prints the table, ``make bench`` also writes docs/benchmarks/.
"""
