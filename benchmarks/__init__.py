"""How near the house comes to what the machine can do: each figure beside a yardstick that does the bare work."""
