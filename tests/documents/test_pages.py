"""Pages of the documents room: who sees which paper, voiding, the public check, and the PDF made by its worker."""

from datetime import timedelta

import pytest

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.core.errors import Refusal
from casework.core.ledger import OutboxMessage
from casework.documents import operations as documents
from casework.documents import printing, queries
from casework.documents.catalogue import NOTICES
from casework.documents.messages import PdfWanted
from tests import make
from workers.handlers import lines_for
from workers.run import carry_out

needs_press = pytest.mark.skipif(printing.problem() is not None, reason=str(printing.problem()))


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


@needs_press
def test_the_worker_makes_the_pdf_once(live):
    with transaction():
        paper_id = make.document(issued=True).id
    message = session.query(OutboxMessage).one()
    [line] = lines_for(message.name)
    assert line.queue == "pdf"
    carry_out(line, message.id)
    paper = queries.find(paper_id)
    pdf = queries.pdf(paper)
    assert pdf.startswith(b"%PDF-")
    with transaction():
        documents.render(paper_id, actor=SYSTEM)
    assert queries.pdf(queries.find(paper_id)) == pdf


def test_a_draft_is_not_printed(world):
    with pytest.raises(Refusal):
        documents.render(make.document().id, actor=SYSTEM)


def test_without_a_pdf_the_page_says_why_and_the_print_view_stays(live, monkeypatch):
    monkeypatch.setenv("FONTCONFIG_FILE", "/nowhere")
    with transaction():
        paper = make.document(issued=True)
        account = make.account("legal")
        paper_id, known = paper.id, (account.id, account.epoch)
    message = session.query(OutboxMessage).one()
    [line] = lines_for(message.name)
    printing._check_fonts.cache_clear()
    carry_out(line, message.id)
    printing._check_fonts.cache_clear()
    visitor = live.test_client()
    with visitor.session_transaction() as cookie:
        cookie.update(account=known[0], epoch=known[1], seen=2**40, locale="zh")
    page = text_of(visitor.get(f"/documents/{paper_id}"))
    assert "PDF 没有生成" in page
    assert "缺少公文字体" in page
    assert visitor.get(f"/documents/{paper_id}/pdf").status_code == 404
    assert "行政检查通知书" in text_of(visitor.get(f"/documents/{paper_id}/print"))


def test_a_missing_pdf_is_made_for_whoever_asks(world, as_role):
    paper = make.document(issued=True)
    clerk = as_role("legal")
    page = text_of(clerk.get(f"/documents/{paper.id}"))
    assert "PDF 正在生成" in page
    with clock.at(clock.now() + timedelta(minutes=30)):
        assert "需要时生成" in text_of(clerk.get(f"/documents/{paper.id}"))
        for _twice in range(2):
            assert clerk.post(f"/documents/{paper.id}/pdf").status_code == 303
        asked = session.query(OutboxMessage).filter_by(name=PdfWanted.name).all()
        assert [message.payload for message in asked] == [{"document_id": paper.id}]
        assert "PDF 正在生成" in text_of(clerk.get(f"/documents/{paper.id}"))


def test_a_draft_has_no_pdf_to_ask_for(world):
    with pytest.raises(Refusal):
        documents.ask_for_pdf(make.document().id, actor=SYSTEM)


def test_missing_pdfs_come_in_small_portions(world, monkeypatch):
    monkeypatch.setattr(documents, "AT_ONCE", 2)
    papers = [make.document(subject=("case", number), issued=True).id for number in range(3)]
    make.document(subject=("case", 9))
    documents.print_missing(actor=SYSTEM)
    assert session.query(OutboxMessage).filter_by(name=PdfWanted.name).count() == 0
    with clock.at(clock.now() + timedelta(days=2)):
        for _each in range(3):
            documents.print_missing(actor=SYSTEM)
    asked = session.query(OutboxMessage.payload).filter_by(name=PdfWanted.name)
    assert sorted(payload["document_id"] for (payload,) in asked) == papers


def test_an_officer_of_another_county_sees_nothing(as_role):
    paper = make.document(unit="川汇区一所", subject=("case", 7), issued=True)
    stranger, at_home = as_role("inspector", unit="淮阳区局"), as_role("inspector", unit="川汇区局")
    pages = [f"/documents/{paper.id}", f"/documents/{paper.id}/print", f"/documents/{paper.id}/pdf"]
    assert [stranger.get(page).status_code for page in pages] == [404, 404, 404]
    assert [at_home.get(page).status_code for page in pages[:2]] == [200, 200]
    assert paper.number not in text_of(stranger.get("/documents/of/case/7"))
    assert paper.number in text_of(at_home.get("/documents/of/case/7"))


def test_voiding_needs_the_permission_and_a_reason(as_role):
    paper = make.document(issued=True)
    assert as_role("inspector").post(f"/documents/{paper.id}/void", data={"reason": "写错了对象"}).status_code == 403
    legal = as_role("legal")
    assert legal.post(f"/documents/{paper.id}/void", data={"reason": ""}).status_code == 422
    assert legal.post(f"/documents/{paper.id}/void", data={"reason": "写错了对象"}).status_code == 303
    session.refresh(paper)
    assert paper.state == "voided"
    assert "写错了对象" in text_of(legal.get(f"/documents/{paper.id}"))


@needs_press
def test_a_pdf_is_shown_or_kept_under_its_own_name(as_role):
    paper = make.document(rendered=True)
    clerk = as_role("legal")
    shown, kept = clerk.get(f"/documents/{paper.id}/pdf"), clerk.get(f"/documents/{paper.id}/pdf?download=1")
    assert shown.data == kept.data == queries.pdf(paper)
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert kept.headers["Content-Disposition"].startswith("attachment")


def test_what_is_not_in_force_is_stamped_in_the_browser(as_role):
    clerk = as_role("legal")
    paper = make.document()
    assert "草稿" in text_of(clerk.get(f"/documents/{paper.id}/print"))
    documents.issue(paper.id, actor=SYSTEM)
    sheet = clerk.get(f"/documents/{paper.id}/print")
    assert 'class="stamp"' not in text_of(sheet)
    assert "script" not in text_of(sheet)
    assert "default-src 'none'" in sheet.headers["Content-Security-Policy"]
    documents.void(paper.id, reason="写错了对象", actor=SYSTEM)
    assert "作废" in text_of(clerk.get(f"/documents/{paper.id}/print"))


def test_the_public_check_says_whether_a_paper_is_in_force_and_little_else(client):
    paper = make.document(issued=True)
    address = f"/public/check/{paper.check_code}"
    page = text_of(client.get(address))
    assert "有效" in page
    assert paper.number in page
    for secret in (paper.facts["enterprise"]["name"], paper.facts["enterprise"]["code"], "16000000001", "张示例"):
        assert secret not in page
    documents.void(paper.id, reason="对象有误，内部理由", actor=SYSTEM)
    withdrawn = text_of(client.get(address))
    assert "已撤回" in withdrawn
    assert "内部理由" not in withdrawn
    assert client.get("/public/check/AAAA-BBBB-CCCC-DDDD").status_code == 404
    assert client.get("/public/check?code=abcd efgh").location.endswith("/public/check/abcd%20efgh")


def test_a_corrected_paper_leads_to_its_new_number(client):
    paper = make.document("check_result", issued=True)
    facts = {**NOTICES[paper.kind].sample, "correction": "检查结果录入有误"}
    newer = documents.issue(documents.revise(paper.id, facts=facts, actor=SYSTEM).id, actor=SYSTEM)
    page = text_of(client.get(f"/public/check/{paper.check_code}"))
    assert "已更正" in page
    assert newer.number in page


def test_every_form_shows_its_sample(as_role):
    clerk = as_role("legal")
    assert "行政检查通知书" in text_of(clerk.get("/documents/kinds"))
    assert "样式" in text_of(clerk.get("/documents/kinds/inspection_notice"))
    assert clerk.get("/documents/kinds/none").status_code == 404
