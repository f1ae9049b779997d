"""The game that `compile` creates: two players, their turns and their state."""
