"""Locustfiles: one scenario each. Run one by ``python -m loadtests NAME``, or by ``locust -f``."""
