"""Everything around the steps of a training: its position and callbacks."""
