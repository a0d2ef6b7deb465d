"""Writes what happens while Locust runs into a folder, of which ``loadtests.report`` makes the report."""
