"""What surrounds the steps of a training: its position, and who watches."""
