"""What networks, data and a user's own objects must be like."""
