"""What the site needs besides Sphinx: pages that are made from code."""
