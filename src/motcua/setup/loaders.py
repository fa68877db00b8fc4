"""
Loading the province from its data files: idempotent, all or nothing for each file, every fault told at once.

Files are read in the order of their dependence; a file with faults loads nothing, and files that build on
it wait. One
transaction holds one file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from motcua.catalogue import operations as catalogue
from motcua.catalogue import queries as catalogue_queries
from motcua.catalogue.models import ProcedureVersion
from motcua.catalogue.nonterritorial import operations as nonterritorial
from motcua.catalogue.operations import Publication
from motcua.exchange.operations import interfaces, partners
from motcua.forms import operations as forms
from motcua.forms import queries as forms_queries
from motcua.kernel.errors import DomainError
from motcua.organisation import areas as organisation_areas
from motcua.organisation import operations as organisation
from motcua.organisation import queries as organisation_queries
from motcua.organisation.operations import areas
from motcua.parties import operations as parties
from motcua.platform.records import Counts
from motcua.setup import (
    files,
    loaders_catalogue,
    loaders_interlinked,
    loaders_organisation,
    loaders_partners,
    loaders_people,
    loaders_portal,
)
from motcua.setup.files import Known
from motcua.setup.loaders_schema import LoadFailed, Problem, Spec, Where, read
from motcua.territory import operations as territory
from motcua.territory import queries as territory_queries
from motcua.territory.rules import HoursPurpose
from motcua.workflow import operations as workflow
from motcua.workflow.models import ProcessVersion

PROVINCE = Path(__file__).parent / "province"
Data = Mapping[str, Any]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Line:
    """What one file brought of one thing."""

    file: str
    what: str
    counts: Counts


@dataclass(slots=True)
class Report:
    """What a run of the loader did."""

    lines: list[Line] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def written(self) -> bool:
        """Tell whether anything was written."""
        return any(line.counts.written for line in self.lines)

    def totals(self) -> dict[str, Counts]:
        """Return the counts by thing, over all files."""
        found: dict[str, Counts] = {}
        for line in self.lines:
            found[line.what] = found.get(line.what, Counts()) + line.counts
        return found


class _Loading:
    """One run over the files of a directory."""

    def __init__(self, directory: Path, on: date | None) -> None:
        self.directory, self.on = directory, on
        self.report = Report()
        self.problems: list[Problem] = []
        self.known = Known()
        self.docs: dict[str, Data] = {}
        self.failed: set[str] = set()
        self.every_procedure: set[str] = set()

    def checked(
        self,
        name: str,
        needs: tuple[str, ...],
        schema: Callable[[], Spec],
        check: Callable[[Data, Where], None] | None = None,
    ) -> Data | None:
        """Return the content of a file without fault, or None; every fault is noted."""
        waiting = [need for need in needs if need in self.failed]
        if waiting:
            self.failed.add(name)
            self.problems.append(Problem(name, "", "", f"chưa nạp được vì tệp {', '.join(waiting)} còn lỗi."))
            return None
        found: list[Problem] = []
        doc = read(self.directory / name, name, found)
        if doc is not None:
            where = Where(name, found)
            schema().check(doc, where)
            if check is not None and not found:
                check(doc, where)
        if found:
            self.failed.add(name)
            self.problems += found
            return None
        self.docs[name] = doc
        return dict(doc)

    def write(self, name: str, work: Callable[[], Mapping[str, Counts]]) -> bool:
        """Do the writing of one file in one transaction; a refusal is noted as the file's fault."""
        try:
            with transaction.atomic():
                counts = work()
        except DomainError as refusal:
            self.failed.add(name)
            self.problems.append(Problem(name, "", "", refusal.message))
            return False
        self.report.lines += [Line(name, what, count) for what, count in counts.items()]
        return True

    # Files -----------------------------------------------------------------------------------------------
    # --------

    def run(self) -> Report:
        """Load every file in order. :raises LoadFailed:"""
        began = time.monotonic()
        self.kinds()
        self.tree()
        self.dates()
        self.papers()
        self.procedures()
        self.interlinked()
        self.partners()
        self.national_portal()
        self.non_territorial()
        self.people()
        forget()
        self.report.seconds = time.monotonic() - began
        if self.problems:
            raise LoadFailed(self.problems)
        return self.report

    def kinds(self) -> None:
        """Load the shared lists."""
        name = "catalogues.yaml"
        doc = self.checked(name, (), files.catalogues, files.check_catalogues)
        if doc is None:
            return
        self.known.catalogues = doc
        self.write(
            name,
            lambda: {
                **organisation.set_kinds(
                    [{key: item[key] for key in ("code", "name", "tier")} for item in doc["agency_kinds"]],
                    [
                        {key: item[key] for key in ("code", "name", "tier", "resolves_to", "target")}
                        for item in doc["unit_kinds"]
                    ],
                ),
                **catalogue.set_terms(
                    [{key: item[key] for key in ("code", "name", "ministry")} for item in doc["fields"]],
                    loaders_catalogue.terms(doc, self._receiving_kinds()),
                ),
            },
        )

    def _receiving_kinds(self) -> Mapping[str, str]:
        """
        Return the unit kinds behind receiving places, which the file of policies names; read without
        checks.
        """
        doc = read(self.directory / "policies.yaml", "policies.yaml", [])
        kinds = doc.get("receiving_place_kinds") if isinstance(doc, Mapping) else None
        return kinds if isinstance(kinds, Mapping) else {}

    def tree(self) -> None:
        """
        Load places, agencies, units and what stands in for them; calendars first, since units name theirs.
        """
        known, lists = self.known, ("catalogues.yaml",)
        orgs = self.checked(
            "organisations.yaml",
            lists,
            lambda: files.organisations(known),
            files.check_organisations,
        )
        fees = self.checked(
            "fees_holidays.yaml",
            lists,
            lambda: files.fees_holidays(known),
            files.check_fees_holidays,
        )
        policies = self.checked(
            "policies.yaml",
            (*lists, "fees_holidays.yaml"),
            lambda: files.policies(known),
            lambda doc, where: files.check_policies(doc, fees or {}, where),
        )
        extra = self.checked(
            "successors.yaml",
            (*lists, "organisations.yaml"),
            lambda: files.successors(known),
            lambda doc, where: files.check_successors(doc, orgs or {}, where),
        )
        if policies is not None and fees is not None:
            known.policies = policies
            self.write("policies.yaml", lambda: self._calendars(policies, fees))
        if orgs is not None:
            known.organisations = orgs
        if orgs is not None and extra is not None and policies is not None:
            known.successors = extra
            rows = loaders_organisation.build(orgs, extra, policies["one_stop_layer"])
            known.units = {row["code"] for row in rows.units}
            self.write(
                "organisations.yaml",
                lambda: {
                    **territory.set_places(rows.places, rows.place_successions, rows.norms),
                    **organisation.set_tree(rows.agencies, rows.units, rows.services, rows.successions),
                },
            )
        stand_ins = self.checked("unit_kind_succession.yaml", lists, lambda: files.kind_successions(known))
        if stand_ins is not None:
            self.write(
                "unit_kind_succession.yaml",
                lambda: organisation.set_kind_successions(
                    [
                        {**item, "valid_from": _day(item["valid_from"]), "valid_to": _day(item["valid_to"])}
                        for item in stand_ins["items"]
                    ]
                ),
            )

    def _calendars(self, policies: Data, fees: Data) -> dict[str, Counts]:
        uses = {item["hours"]: item for item in policies["office_hours_use"]}
        return territory.set_calendars(
            [
                {
                    "code": item["code"],
                    "name": item["name"],
                    "kind": item["kind"],
                    "parent_id": item["parent"],
                }
                for item in policies["calendar_layers"]
            ],
            [
                {
                    "layer_id": policies["holiday_layer"],
                    "on": _day(item["date"]),
                    "kind": item["type"],
                    "name": item["name"],
                    "swap_with": _day(item.get("swap_with")),
                    "apply": item.get("apply", True),
                    "certainty": item["certainty"],
                    "note": item.get("note", ""),
                }
                for item in fees["holidays"]
            ],
            [
                {
                    "layer_id": uses[item["code"]]["layer"],
                    "code": item["code"],
                    "name": item["name"],
                    "purpose": HoursPurpose(uses[item["code"]]["purpose"]).value,
                    "valid_from": None,
                    "valid_to": None,
                    "season_from": item["season"]["from"] if "season" in item else "",
                    "season_to": item["season"]["to"] if "season" in item else "",
                    "weekdays": [WEEKDAYS.index(day) for day in item["days"]],
                    "periods": [list(period) for period in item["periods"]],
                    "unit_kinds": item["applies_to"],
                    "apply": uses[item["code"]]["apply"],
                    "certainty": item["certainty"],
                    "note": item.get("note", ""),
                }
                for item in fees["office_hours"]
            ],
        )

    def dates(self) -> None:
        """Load dated policies and fees."""
        policies, fees = self.docs.get("policies.yaml"), self.docs.get("fees_holidays.yaml")
        if fees is not None and self.write(
            "fees_holidays.yaml",
            lambda: catalogue.set_fees(
                [loaders_catalogue.fee_row(item) for item in fees["fee_catalogue"]],
                [
                    {"code": item["code"], "name": item["name"], "proof": item["proof_db"] or ""}
                    for item in fees["fee_exemption_groups"]
                ],
            ),
        ):
            self.known.fees = {item["code"]: item for item in fees["fee_catalogue"]}
            self.known.exemption_groups = {item["code"] for item in fees["fee_exemption_groups"]}
        if policies is not None:
            self.write(
                "policies.yaml",
                lambda: catalogue.set_policies(
                    [
                        {
                            "scope": item["scope"],
                            "key": item["key"],
                            "params": item["params"],
                            "legal_basis": item.get("legal_basis", ""),
                            "note": item.get("note", ""),
                            **_dated(item),
                        }
                        for item in policies["deadline_policies"]
                    ],
                    [
                        {
                            "code": item["code"],
                            "pattern": item["pattern"],
                            "legal_basis": item.get("legal_basis", ""),
                            "note": item.get("note", ""),
                            **_dated(item),
                        }
                        for item in policies["code_policies"]
                    ],
                    [
                        {"partner": item["partner"], "state": state, **value, **_dated(item)}
                        for item in policies["status_maps"]
                        for state, value in item["states"].items()
                    ],
                    [
                        {
                            **{key: item[key] for key in ("code", "regime", "form_no", "title", "path")},
                            "legal_basis": item["legal_basis"],
                            **_dated(item),
                        }
                        for item in policies["print_templates"]
                    ],
                ),
            )

    def papers(self) -> None:
        """Load paper and result types."""
        known, name = self.known, "paper_types.yaml"
        doc = self.checked(
            name,
            ("catalogues.yaml",),
            lambda: files.paper_types(known),
            lambda doc, where: files.check_paper_types(doc, known, where),
        )
        if doc is not None and self.write(
            name,
            lambda: catalogue.set_papers(
                [loaders_catalogue.paper_row(item) for item in doc["paper_types"]],
                [loaders_catalogue.result_row(item) for item in doc["result_types"]],
            ),
        ):
            known.papers = {item["code"]: item for item in doc["paper_types"]}
            known.results = {item["code"]: item for item in doc["result_types"]}

    def procedures(self) -> None:
        """Load every file of procedures: versions, forms, processes."""
        known = self.known
        paths = sorted((self.directory / "procedures").glob("*.yaml"))
        if not paths:
            self.problems.append(Problem("procedures", "", "", "không có tệp thủ tục nào."))
        needs = ("catalogues.yaml", "fees_holidays.yaml", "paper_types.yaml", "policies.yaml")
        every: set[str] = set()
        owner: dict[str, str] = {}
        contents: dict[str, Data] = {}
        for path in paths:
            name = f"procedures/{path.name}"
            doc = self.checked(name, needs, lambda: files.procedures(known))
            if doc is not None:
                contents[name] = doc
            raw = read(path, name, []) if doc is None else doc
            if isinstance(raw, Mapping) and isinstance(raw.get("procedures"), list):
                every |= {str(item.get("code")) for item in raw["procedures"] if isinstance(item, Mapping)}
        known.procedures = every
        for name, doc in contents.items():
            found: list[Problem] = []
            where = Where(name, found)
            if f"procedures/{doc['group']}.yaml" != name:
                where.into("group").bad("không khớp tên tệp.")
            for item in doc["procedures"]:
                if item["code"] in owner:
                    where.of(item["code"]).into("code").bad(
                        f"mã “{item['code']}” đã có ở {owner[item['code']]}."
                    )
                owner.setdefault(item["code"], name)
            files.check_procedures(doc, known, every, where)
            if found:
                self.failed.add(name)
                self.problems += found
                continue
            self.write(name, lambda doc=doc: self._publish(doc))  # type: ignore[misc]

    def _publish(self, doc: Data) -> dict[str, Counts]:
        rule = self.known.policies["publication"]
        starts = date.fromisoformat(rule["valid_from"])
        bodies = {
            item["code"]: loaders_catalogue.normalise(item, self.known.fees) for item in doc["procedures"]
        }
        counts = catalogue.publish(
            [Publication(body, starts, date.fromisoformat(rule["published_on"])) for body in bodies.values()],
            self.on or date.max,
        )
        newest: dict[str, int] = dict(
            ProcedureVersion.objects.filter(procedure__code__in=bodies)
            .order_by("no")
            .values_list("procedure__code", "pk")
        )
        counts["forms"] = forms.set_forms([(newest[code], body["eform"]) for code, body in bodies.items()])
        outcomes = {item["code"]: item["name"] for item in self.known.catalogues["outcomes"]}
        there = set(
            ProcessVersion.objects.filter(procedure_version_id__in=newest.values()).values_list(
                "procedure_version_id", "variant"
            )
        )
        made = same = 0
        faults: list[str] = []
        for code, body in bodies.items():
            for variant in body["process"]:
                # Versions never change, so a process that is there is the one of this body.
                if (newest[code], variant["variant"]) in there:
                    same += 1
                    continue
                try:
                    workflow.publish_process(
                        newest[code], variant, field=body["field"], outcome_names=outcomes
                    )
                    made += 1
                except DomainError as refusal:
                    faults.append(f"bản ghi {code}, trường process.{variant['variant']}: {refusal.message}")
        if faults:
            raise _Refused("; ".join(faults))
        counts["processes"] = Counts(made, 0, same)
        return counts

    def interlinked(self) -> None:
        """Load how groups of interlinked procedures run in parts: the dated rules and their process."""
        name, known = loaders_interlinked.FILE, self.known
        files = tuple(sorted(file for file in {*self.docs, *self.failed} if file.startswith("procedures/")))
        bodies = {
            item["code"]: item
            for file in files
            if file in self.docs
            for item in self.docs[file]["procedures"]
        }
        doc = self.checked(
            name,
            ("catalogues.yaml", "paper_types.yaml", *files),
            lambda: loaders_interlinked.interlinked(known),
            lambda doc, where: loaders_interlinked.check_interlinked(doc, bodies, where),
        )
        if doc is not None:
            self.write(
                name,
                lambda: {
                    **catalogue.set_interlinked(loaders_interlinked.rows(doc)),
                    "processes": self._processes_in_parts(doc, bodies),
                },
            )

    def partners(self) -> None:
        """Load the systems of ministries that data pass to and from."""
        name = loaders_partners.FILE
        policies = self.docs.get("policies.yaml", {"status_maps": []})
        doc = self.checked(
            name,
            ("policies.yaml",),
            lambda: loaders_partners.partners({item["partner"] for item in policies["status_maps"]}),
            loaders_partners.check_partners,
        )
        if doc is not None:
            self.write(name, lambda: partners.set_partners(loaders_partners.rows(doc)))

    def national_portal(self) -> None:
        """Load the interfaces of the national portal."""
        name = loaders_portal.FILE
        codes = {item["code"] for item in self.docs.get(loaders_partners.FILE, {"partners": []})["partners"]}
        doc = self.checked(
            name,
            (loaders_partners.FILE,),
            lambda: loaders_portal.interfaces(codes),
            loaders_portal.check_interfaces,
        )
        if doc is not None:
            self.write(
                name, lambda: interfaces.set_interfaces(loaders_portal.uses(doc), loaders_portal.forms(doc))
            )

    def _processes_in_parts(self, doc: Data, bodies: Mapping[str, Data]) -> Counts:
        """Publish the process in parts for the newest version of every group's procedure."""
        codes = {group["procedure"] for group in doc["groups"]}
        newest: dict[str, int] = dict(
            ProcedureVersion.objects.filter(procedure__code__in=codes)
            .order_by("no")
            .values_list("procedure__code", "pk")
        )
        outcomes = {item["code"]: item["name"] for item in self.known.catalogues["outcomes"]}
        process = doc["process"]
        there = set(
            ProcessVersion.objects.filter(
                procedure_version_id__in=newest.values(), variant=process["variant"]
            ).values_list("procedure_version_id", flat=True)
        )
        for code in sorted(codes):
            if newest[code] not in there:
                workflow.publish_process(
                    newest[code], process, field=bodies[code]["field"], outcome_names=outcomes
                )
        return Counts(len(codes) - len(there), 0, len(there))

    def non_territorial(self) -> None:
        """Load who receives for whom: criteria, the first list, savings, service areas."""
        known, name = self.known, "non_territorial.yaml"
        doc = self.checked(
            name,
            ("catalogues.yaml", "organisations.yaml", "policies.yaml"),
            lambda: files.non_territorial(known),
            files.check_non_territorial,
        )
        if doc is None:
            return
        rows = loaders_catalogue.non_territorial(doc)
        self.write(
            name,
            lambda: {
                **nonterritorial.set_lists(rows.criteria, rows.savings, rows.assessments, rows.entries),
                **areas.set_areas(
                    [
                        {
                            "unit_id": item["unit"],
                            "agency_id": item["agency"],
                            "decision_no": item["decision_no"],
                            "note": item["note"],
                            **_dated(item),
                        }
                        for item in doc["service_areas"]
                    ]
                ),
            },
        )

    def people(self) -> None:
        """Load the fictitious people and enterprises."""
        known, name = self.known, "people.yaml"
        doc = self.checked(
            name,
            ("organisations.yaml",),
            lambda: files.people(known),
            lambda doc, where: files.check_people(doc, known, where),
        )
        if doc is not None:
            rows = loaders_people.people(doc)
            self.write(
                name,
                lambda: parties.set_people(rows.households, rows.persons, rows.organisations, rows.contacts),
            )


class _Refused(DomainError):
    """A whole file refused by an operation, with every reason in words."""

    code = "load_refused"


def load_province(directory: Path | None = None, *, on: date | None = None) -> Report:
    """
    Load all files of a directory (by default those of the demo province); a second run changes nothing.

    `on` is the first day of new versions where a procedure's record changed since it was loaded; without it
    a changed
    record of a published version is a fault.

    :raises LoadFailed: some file has faults; files without fault, and not built on one with, are loaded.
    """
    return _Loading(directory or PROVINCE, on).run()


def load_demo_accounts(directory: Path | None = None) -> Report:
    """
    Make the demo's staff with their duties and the citizens' accounts, all with the demo's one password.

    :raises LoadFailed: faults in the files, or the province is not loaded yet.
    """
    began = time.monotonic()
    loading = _Loading(directory or PROVINCE, None)
    forget()
    tree = organisation_queries.tree()
    doc = loading.checked("catalogues.yaml", (), files.catalogues)
    if doc is not None:
        loading.known.catalogues = doc
    loading.known.units = set(tree.by_code)
    if not tree.by_code:
        raise LoadFailed([Problem("demo_staff.yaml", "", "", "chưa nạp cơ quan; chạy load_province trước.")])
    staff = loading.checked("demo_staff.yaml", ("catalogues.yaml",), lambda: files.demo_staff(loading.known))
    people = loading.checked("people.yaml", (), lambda: files.people(loading.known))
    if staff is not None and people is not None:
        rows = loaders_people.demo_staff(staff, tree)
        password = make_password(staff["password"])
        loading.write(
            "demo_staff.yaml",
            lambda: {
                **parties.set_accounts([*rows.accounts, *loaders_people.citizen_accounts(people)], password),
                **organisation.set_staff(rows.staff, rows.duties),
            },
        )
    if loading.problems:
        raise LoadFailed(loading.problems)
    loading.report.seconds = time.monotonic() - began
    return loading.report


def demo_password(directory: Path | None = None) -> str:
    """Return the one password of the demo's accounts."""
    doc = read((directory or PROVINCE) / "demo_staff.yaml", "demo_staff.yaml", [])
    return str(doc["password"])


def forget() -> None:
    """Let this process read the loaded data anew."""
    territory_queries.forget_calendars()
    organisation_queries.forget_tree()
    organisation_areas.forget()
    catalogue_queries.forget()
    forms_queries.forget()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _dated(item: Data) -> dict[str, Any]:
    return {
        "valid_from": _day(item["valid_from"]),
        "valid_to": _day(item["valid_to"]),
        "certainty": item["certainty"],
    }
