"""From address and codes to the place and the unit in charge."""

from types import SimpleNamespace

import pytest

from casework.registry.sources._places import Places

ROOT, CHUANHUI, HUAIYANG, TAIKANG, CHENGGUAN, HUOPO = range(1, 7)
UNITS = [
    SimpleNamespace(id=number, kind=kind, name=name, division_code=code, parent_id=parent)
    for number, kind, name, code, parent in (
        (ROOT, "city", "周口市市场监督管理局", "411600", None),
        (CHUANHUI, "county", "川汇区市场监督管理局", "411602", ROOT),
        (HUAIYANG, "county", "淮阳区市场监督管理局", "411603", ROOT),
        (TAIKANG, "county", "太康县市场监督管理局", "411627", ROOT),
        (CHENGGUAN, "office", "太康县城关回族镇市场监管所", "411627100", TAIKANG),
        (HUOPO, "office", "淮阳区四通市场监管所", "411603", HUAIYANG),
    )
]


@pytest.mark.parametrize(
    ("address", "city", "given", "number", "place"),
    [
        ("周口市川汇区七一路1号", None, None, "91411600MA44000000", ("411602", None, CHUANHUI, True)),
        ("太康县城关镇一环路", None, None, "91411600MA44000000", ("411627", "411627100", CHENGGUAN, True)),
        ("淮阳县四通镇街里", None, None, "91411626MA44000000", ("411603", "411603103", HUOPO, True)),
        ("周口市七一路中段", None, None, "91411600MA44000000", ("411600", None, ROOT, False)),
        (None, None, None, "91411627MA44000000", ("411627", None, TAIKANG, False)),
        (None, None, "411626", "91411600MA44000000", ("411603", None, HUAIYANG, True)),
        (None, None, None, "412724600012344", ("411627", None, TAIKANG, False)),
        ("扶沟县江村镇", None, None, "91411621MA44000000", ("411621", "411621102", ROOT, True)),
        ("郑州市管城区航海路1号", "郑州", None, "91411600MA44000000", ("411600", None, ROOT, False)),
        ("上海市浦东新区1号", "上海", None, "91310115MA44000000", ("310115", None, ROOT, True)),
        (None, "周口", None, "91310115MA44000000", ("411600", None, ROOT, True)),
        ("信阳市商城县川汇区商会大厦", "信阳", None, "91411524MA44000000", ("411524", None, ROOT, True)),
    ],
)
def test_places(address, city, given, number, place):
    row = {"address": address, "city": city, "division_code": given}
    assert Places(UNITS).find(row, number) == place
