"""A file of the register through the import against reading it with `csv` and COPY into a bare table."""

import csv
import io
from collections.abc import Iterator

from benchmarks import city
from benchmarks.frame import Figure, Size, Stopwatch, at_most, fill, house, memory
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.registry import operations as registry
from casework.registry.sources._values import organisation_check_character, uscc_check_character

COLUMNS = ("统一社会信用代码", "企业名称", "登记状态", "成立日期", "注册资本", "住所", "经营范围", "法定代表人")
TOLD_ROWS = 10_000


def run(size: Size) -> Iterator[Figure]:
    """The first reading, where every row is new, and the same file once more, where none is.

    The bound is the house's own: each row is recognised, checked, matched, compared and accounted for.
    """
    with house():
        fill(*city.register(0))
        data = _file(size.imported)
        work = Stopwatch()
        bare = work.median(lambda: _copy(data))
        new, same = work.once(lambda: _import(data, new=size.imported)), work.once(lambda: _import(data, new=0))
        number, yardstick = f"{size.imported:,}", "csv.reader and COPY"
        for name, cost in ((f"import: {number} new rows", new), (f"import: {number} rows again", same)):
            rate = size.imported / cost.cpu
            yield at_most(size, 40.0, name, rate, "rows/CPU s", yardstick, cost.cpu / bare.cpu)
        yield memory(size, "import: memory of the worker", 400)


def _file(rows: int) -> bytes:
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for number in range(rows):
        day, capital = f"{2000 + number % 25}年3月{1 + number % 28}日", f"{number % 500}(万元)"
        name, address = f"周口市第{number}号商贸有限公司", f"河南省周口市川汇区七一路{number}号"
        writer.writerow((_code(number), name, "存续", day, capital, address, "日用百货、食品销售", f"王{number % 997}"))
    return sheet.getvalue().encode()


def _code(number: int) -> str:
    body = f"MA{number:06d}"
    code = f"91411602{body}{organisation_check_character(body)}"
    return code + uscc_check_character(code)


def _import(data: bytes, *, new: int) -> None:
    with transaction():
        batch = registry.import_now(
            "enterprises", io.BytesIO(data), name="bench.csv", dry_run=False, actor=SYSTEM, tell=lambda *_progress: None
        )
        assert batch.new == new, f"{batch.new} rows are new, {batch.rejected} rejected"


def _copy(data: bytes) -> None:
    columns = ", ".join(f"c{number} text" for number in range(len(COLUMNS)))
    cursor = session.connection().connection.cursor()
    cursor.execute(f"CREATE TEMP TABLE bare ({columns})")
    with cursor.copy("COPY bare FROM STDIN") as copy:
        for row in csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")):
            copy.write_row(row)
    session.rollback()
