"""Runs the benchmarks and writes one JSON line for each figure: `make bench`, `python3 scripts/dev.py bench`.

usage: [--small] [--subjects N] [NAME …]    without names: all of benchmarks/table.py

The real size (a million subjects with four million records, a million names, a draw out of a million) takes about a
quarter of an hour and 6 GB of disk; `--small` is a look of two minutes, without targets. Each runs in a process of its
own, on a database of its own. Lines for people go to stderr. Exit code 1: a figure misses its target.
"""

import argparse
import multiprocessing
import sys
from dataclasses import replace

from benchmarks.frame import REAL, SMALL
from benchmarks.table import BENCHMARKS, measure


def main() -> int:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a quick look, without targets")
    parser.add_argument("--subjects", type=int, metavar="N", help="how large the register is")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *BENCHMARKS], help=" ".join(BENCHMARKS))
    chosen = parser.parse_args()
    size = SMALL if chosen.small else REAL
    if chosen.subjects:
        size = replace(size, subjects=chosen.subjects)
    apart = multiprocessing.get_context("spawn")  # so that nobody's memory counts as another's
    codes = []
    for name in chosen.names or BENCHMARKS:
        process = apart.Process(target=measure, args=(name, size))
        process.start()
        process.join()
        codes.append(process.exitcode)
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
