"""What `compile` makes: two players, their turns and the state they move."""
