"""Drivers, brokers, vendors: each behind a port of the stage that needs it, none knowing another."""
