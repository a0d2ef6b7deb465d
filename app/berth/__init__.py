"""Berth: a Panel process of their own for every visitor."""

__version__ = "0.1.0"
