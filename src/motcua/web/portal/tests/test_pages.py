"""The portal's pages on the province's own data: what they show, whom they refuse, what they leave behind."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import Procedure
from motcua.documents.models import File
from motcua.dossiers.models import Dossier
from motcua.forms import rules
from motcua.forms.models import Draft
from motcua.parties import operations as parties
from motcua.parties.models import Account, Party
from motcua.platform import clock
from motcua.setup import loaders
from motcua.web.portal.filing import ORDER

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@override_settings(DEMO=True)
class PortalPages(TestCase):
    """One loading of the province serves all tests; each is rolled back."""

    anna: Account
    binh: Account
    code: str

    @classmethod
    def setUpTestData(cls) -> None:
        """Load the province and two citizens."""
        loaders.load_province()
        people = Party.objects.filter(kind="person", person__deceased=False).order_by("id")[:2]
        rows = [
            {
                "username": f"citizen{number}",
                "kind": "citizen",
                "number": party.id_number,
                "display_name": party.display_name,
                "demo": True,
            }
            for number, party in enumerate(people)
        ]
        parties.set_accounts(rows, make_password(None))
        cls.anna, cls.binh = Account.objects.filter(kind="citizen").order_by("id")[:2]
        cls.code = (
            Procedure.objects.filter(online_level="toan_trinh", levels=["commune"]).order_by("id")[0].code
        )

    def setUp(self) -> None:
        """Let the process read the data of this test's transaction."""
        loaders.forget()

    def visitor(self, account: Account | None = None) -> Client:
        client = Client()
        if account is not None:
            client.post("/dang-nhap/", {"username": account.username})
        return client

    # The open part ---------------------------------------------------------------------------------------------

    def test_every_procedure_has_its_page(self) -> None:
        client = self.visitor()
        for procedure in Procedure.objects.all():
            answer = client.get(f"/thu-tuc/{procedure.code}/")
            self.assertContains(answer, procedure.name)
            # Codes of the data are turned into words wherever people read them.
            text = re.sub(r"<[^>]+>", " ", answer.content.decode())
            self.assertNotRegex(text, r"\b(can_bo|one_stop|dept|ubnd|lanh_dao)_\w+")

    def test_search_is_the_same_with_and_without_diacritics(self) -> None:
        client = self.visitor()
        plain = client.get("/thu-tuc/", {"q": "dang ky khai sinh"}).context["rows"]
        marked = client.get("/thu-tuc/", {"q": "Đăng ký khai sinh"}).context["rows"]
        self.assertTrue(plain)
        self.assertEqual(plain, marked)

    def test_the_catalogue_is_paged_by_key_without_gap_or_repeat(self) -> None:
        client, seen, url = self.visitor(), [], "/thu-tuc/"
        while url:
            answer = client.get(url)
            seen += [row.code for row in answer.context["rows"]]
            url = answer.context["next_url"]
        self.assertEqual(sorted(seen), sorted(Procedure.objects.values_list("code", flat=True)))

    def test_a_list_costs_the_same_for_few_and_many(self) -> None:
        client = self.visitor()
        client.get("/thu-tuc/")
        counts = []
        for query in ({"q": "khai sinh"}, {}):
            client.get("/thu-tuc/", query)
            with CaptureQueriesContext(
                connection,
            ) as caught:
                client.get("/thu-tuc/", query)
            counts.append(len(caught))
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0], 4)

    def test_an_empty_search_gives_advice(self) -> None:
        self.assertContains(self.visitor().get("/thu-tuc/", {"q": "zzzzqqq"}), "Thử ít chữ hơn")

    def test_wrong_addresses_are_answered_in_words(self) -> None:
        client = self.visitor()
        for address in ("/thu-tuc/9.999999/", "/khong-co/", "/thu-tuc/%F0%9F%98%80/"):
            self.assertEqual(client.get(address).status_code, 404)
        self.assertEqual(client.get("/thu-tuc/", {"sau": "nonsense"}).status_code, 200)

    def test_signing_in_leads_back_but_never_away(self) -> None:
        answer = self.visitor().get("/ho-so-cua-toi/")
        self.assertRedirects(answer, "/dang-nhap/?tiep=/ho-so-cua-toi/", fetch_redirect_response=False)
        client = Client()
        answer = client.post("/dang-nhap/", {"username": self.anna.username, "next": "//evil.example/"})
        self.assertEqual(answer.headers["Location"], "/ho-so-cua-toi/")

    @override_settings(DEMO=False)
    def test_the_list_of_accounts_is_of_the_demo_only(self) -> None:
        client = Client()
        self.assertNotContains(client.get("/dang-nhap/"), self.anna.display_name)
        self.assertEqual(client.post("/dang-nhap/", {"username": self.anna.username}).status_code, 404)
        self.assertEqual(client.get("/kieu-dang/").status_code, 404)

    # Filing ----------------------------------------------------------------------------------------------------

    def begun(self, client: Client, code: str) -> Draft:
        client.post(f"/nop-ho-so/{code}/")
        return Draft.objects.latest("id")

    def through(self, client: Client, draft: Draft, code: str) -> dict[str, Any]:
        """Go through the steps before the last with sample answers; return what the last one is sent."""
        where = f"/nop-ho-so/{code}/{draft.pk}"
        client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
        unit = client.get(f"{where}/noi-nhan/").context["unit"]
        more = {"return_channel": "account", "_next": "1"}
        answer = client.post(f"{where}/noi-nhan/", {"unit": unit.value or unit.options[0].value, **more})
        self.assertEqual(answer.status_code, 302, answer.context and answer.context.get("errors"))
        definition = catalogue.current(code, clock.today())
        answers = rules.sample_answers(definition.body["eform"], {}, clock.today())
        Draft.objects.filter(pk=draft.pk).update(answers=answers)
        page = client.get(f"{where}/giay-to/")
        files = {
            paper.input: SimpleUploadedFile("giay.pdf", PDF, "application/pdf")
            for paper in page.context["papers"]
            if paper.required
        }
        answer = client.post(f"{where}/giay-to/", {"_next": "1", **files})
        self.assertEqual(answer.status_code, 302, answer.context and answer.context.get("errors"))
        review = client.get(f"{where}/kiem-tra/")
        return {"_key": review.context["key"], "_submit": "1", "consent": "on"}

    def test_a_dossier_is_filed_once(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        sent = self.through(client, draft, self.code)
        last = f"/nop-ho-so/{self.code}/{draft.pk}/kiem-tra/"
        without = client.post(last, {**sent, "consent": ""})
        self.assertEqual((without.status_code, Dossier.objects.count()), (422, 0))
        answer = client.post(last, sent)
        dossier = Dossier.objects.get()
        self.assertRedirects(answer, f"/ho-so-cua-toi/{dossier.code}/da-nop/")
        self.assertContains(client.get(f"/ho-so-cua-toi/{dossier.code}/da-nop/"), dossier.check_value)
        self.assertFalse(Draft.objects.exists())
        self.assertRedirects(client.post(last, sent), "/ho-so-cua-toi/")
        self.assertEqual(Dossier.objects.count(), 1)
        self.assertContains(client.get("/ho-so-cua-toi/"), dossier.code)
        self.assertContains(client.get(f"/ho-so-cua-toi/{dossier.code}/"), "Mới đăng ký")

    def test_what_is_missing_keeps_it_from_being_filed(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        last = f"/nop-ho-so/{self.code}/{draft.pk}/kiem-tra/"
        key = client.get(last).context["key"]
        answer = client.post(last, {"_key": key, "_submit": "1", "consent": "on"})
        self.assertContains(answer, "Chưa chọn nơi nhận hồ sơ", status_code=422)
        self.assertFalse(Dossier.objects.exists())

    def test_a_draft_is_saved_while_typing_and_redrawn_where_others_depend(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        where = f"/nop-ho-so/{self.code}/{draft.pk}/to-khai/"
        form = catalogue.current(self.code, clock.today()).body["eform"]
        child = next(item for item in form["fields"] if item.get("show_if", {}).get("op") == "eq")
        parent, value = child["show_if"]["field"], child["show_if"]["value"]
        answer = client.post(where, {"_auto": "1", "_shown": parent, parent: value})
        self.assertContains(answer, "Đã lưu nháp")
        draft.refresh_from_db()
        self.assertEqual(draft.answers[parent], value)
        answer = client.post(where, {"_auto": "1", "_reload": "1", "_shown": parent, parent: value})
        self.assertContains(answer, child["label_vi"])

    def test_choices_that_show_more_fields_are_told_without_scripts(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        where = f"/nop-ho-so/{self.code}/{draft.pk}/to-khai/"
        answer = client.post(where, {"_next": "1", "_shown": ""})
        self.assertEqual(answer.status_code, 422)

    def test_an_owner_named_by_number_must_fit_the_name(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        where = f"/nop-ho-so/{self.code}/{draft.pk}/nguoi-nop/"
        other = Party.objects.get(accounts=self.binh)
        sent = {"owner": "person", "number": other.id_number, "birth_date": "01/01/1990", "_next": "1"}
        answer = client.post(where, {**sent, "name": "Người Khác Hẳn"})
        self.assertContains(answer, "không khớp", status_code=422)
        self.assertEqual(client.post(where, {**sent, "name": other.display_name}).status_code, 302)
        draft.refresh_from_db()
        self.assertEqual(draft.choices["owner_id"], other.pk)

    def test_an_upload_that_is_not_what_it_says_is_refused(self) -> None:
        code = "1.004222"
        client = self.visitor(self.anna)
        draft = self.begun(client, code)
        definition = catalogue.current(code, clock.today())
        answers = rules.sample_answers(definition.body["eform"], {}, clock.today())
        Draft.objects.filter(pk=draft.pk).update(answers=answers)
        where = f"/nop-ho-so/{code}/{draft.pk}/giay-to/"
        paper = client.get(where).context["papers"][0]
        for name, data in (("giay.pdf", b"MZ not a pdf"), ("giay.exe", PDF), ("giay.pdf", b"")):
            answer = client.post(where, {paper.input: SimpleUploadedFile(name, data), "_upload": paper.input})
            self.assertEqual(answer.status_code, 422, name)
        self.assertFalse(File.objects.exists())
        draft.refresh_from_db()
        self.assertEqual(draft.uploads, [])

    def test_what_is_another_persons_is_not_there(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        sent = self.through(client, draft, self.code)
        client.post(f"/nop-ho-so/{self.code}/{draft.pk}/kiem-tra/", sent)
        mine = self.begun(client, self.code)
        code = Dossier.objects.get().code
        other = self.visitor(self.binh)
        for step in ORDER:
            self.assertEqual(other.get(f"/nop-ho-so/{self.code}/{mine.pk}/{step}/").status_code, 404)
        for tail in ("", "da-nop/", "bo-sung/", "rut/", "tai-lieu/1/"):
            self.assertEqual(other.get(f"/ho-so-cua-toi/{code}/{tail}").status_code, 404)
        self.assertEqual(other.post(f"/ban-nhap/{mine.pk}/bo/").status_code, 404)
        self.assertNotContains(other.get("/ho-so-cua-toi/"), code)

    def test_a_dossier_is_withdrawn_with_a_reason(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        client.post(f"/nop-ho-so/{self.code}/{draft.pk}/kiem-tra/", self.through(client, draft, self.code))
        dossier = Dossier.objects.get()
        where = f"/ho-so-cua-toi/{dossier.code}/rut/"
        page = client.get(where)
        sent = {"_key": page.context["key"], "_seen": dossier.seq, "sure": "on"}
        self.assertEqual(client.post(where, {**sent, "reason": "không"}).status_code, 422)
        client.post(where, {**sent, "reason": "Gia đình chuyển đi nơi khác."})
        dossier.refresh_from_db()
        self.assertEqual(dossier.state, "withdrawn")
        self.assertEqual(client.post(where, {**sent, "reason": "Gửi lại lần nữa nhé."}).status_code, 422)

    def test_anybody_with_both_codes_learns_how_far_it_is_and_no_more(self) -> None:
        client = self.visitor(self.anna)
        draft = self.begun(client, self.code)
        client.post(f"/nop-ho-so/{self.code}/{draft.pk}/kiem-tra/", self.through(client, draft, self.code))
        dossier = Dossier.objects.get()
        guest = Client()
        wrong = guest.post("/tra-cuu/", {"code": dossier.code, "check_value": "ZZZZ"})
        absent = guest.post("/tra-cuu/", {"code": "X-1", "check_value": dossier.check_value})
        self.assertEqual((wrong.status_code, absent.status_code), (422, 422))
        self.assertEqual(wrong.context["form"].non_field_errors(), absent.context["form"].non_field_errors())
        right = guest.post(
            "/tra-cuu/", {"code": f" {dossier.code.lower()} ", "check_value": dossier.check_value.lower()}
        )
        self.assertContains(right, "Mức độ hoàn thành")
        for hidden in (dossier.owner_name, dossier.owner_number, dossier.receiving_unit.name):
            self.assertNotContains(right, hidden)
