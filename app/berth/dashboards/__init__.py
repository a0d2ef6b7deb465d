"""Dashboards that ship with Berth: each script here can be served, each package belongs to one of them."""
