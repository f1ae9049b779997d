"""Checks of networks, data and a user's own objects."""
