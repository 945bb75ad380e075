# Everything is in scripts/dev.py, which also works without make.

run setup test bench:
	@python3 scripts/dev.py $@

clean:
	@python3 scripts/dev.py stop
	rm -rf .venv var

.PHONY: run setup test bench clean
