"""The launcher behind `make run` and `make test`: standard library only, since it runs before anything is installed."""
