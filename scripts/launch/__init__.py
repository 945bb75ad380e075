"""The launcher behind `make run` and `make test`: standard library only, because it runs before anything is installed."""
