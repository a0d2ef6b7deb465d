"""What the lobby answers: one module for each thing that is asked for."""
