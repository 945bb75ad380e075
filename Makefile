# Everything is in scripts/dev.py, which also works without make.

run setup test bench stop clean:
	@python3 scripts/dev.py $@

.PHONY: run setup test bench stop clean
