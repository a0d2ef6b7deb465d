"""Berth on a real cluster: the one that kubectl talks to."""
