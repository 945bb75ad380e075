"""The portal where there is little or nothing to show, and what surrounds its pages."""

import csv
import io

from tests import make
from tests.make import disclosure as make_disclosure


def test_no_cell_of_a_file_is_a_formula(client, world):
    make_disclosure.published("trigger", of=make.enterprise(name="=HYPERLINK(1)商行"))
    text = client.get("/public/data/results.csv").get_data().decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(text)))["enterprise_name"] == "'=HYPERLINK(1)商行"


def test_public_pages_may_be_kept_for_a_minute_and_the_staff_s_may_not(client, as_role):
    page = client.get("/public")
    assert page.headers["Cache-Control"] == "public, max-age=60"
    assert "Cookie" in page.headers["Vary"]  # the language is in the cookie
    assert as_role("credit").get("/public").headers["Cache-Control"] == "no-store"
    assert "max-age" not in client.get("/public/nowhere").headers.get("Cache-Control", "")


def test_an_unknown_address_offers_the_search(client, world):
    page = client.get("/public/nowhere/at/all")
    assert page.status_code == 404
    assert 'name="q"' in page.text


def test_the_front_page_leads_to_the_portal_and_needs_no_script(client, world):
    assert client.get("/").location == "/public"
    page = client.get("/public").text
    assert "<script" not in page
    assert "还没有公示的检查结果" in page
