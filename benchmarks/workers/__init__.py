"""What runs in processes of its own; each is a script that imports nothing of the project."""
