"""Agencies over time, their units, staff and duties."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from motcua.kernel.actor import DutyScope, Role
from motcua.organisation.rules import Relation, ResolvesTo, Tier
from motcua.parties.models import Account
from motcua.territory.models import CalendarLayer, Place
from motcua.territory.rules import AreaClass, Certainty

CERTAINTIES = [(str(item), str(item)) for item in Certainty]
TIERS = [(str(item), str(item)) for item in Tier]


class Revision(models.Model):
    """Number of the last change of the agency tree; processes compare it with the maps they hold."""

    name = models.CharField(max_length=40, primary_key=True)
    number = models.BigIntegerField(default=0)

    class Meta:
        db_table = "organisation_revision"


class AgencyKind(models.Model):
    """Kind of agency of the national catalogue."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=10, choices=TIERS)

    class Meta:
        db_table = "organisation_agencykind"


class UnitKind(models.Model):
    """Kind of unit that process steps name; `target` is the kind of agency or unit it is found by."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=10, choices=TIERS)
    resolves_to = models.CharField(max_length=20, choices=[(str(item), str(item)) for item in ResolvesTo])
    target = models.CharField(max_length=40)

    class Meta:
        db_table = "organisation_unitkind"


class UnitKindSuccession(models.Model):
    """From a day on, another unit kind stands in for one that no longer exists."""

    kind = models.CharField(max_length=40)
    stand_in = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "organisation_unitkindsuccession"
        constraints = (
            models.UniqueConstraint(fields=["kind", "valid_from"], name="unit_kind_succession_once"),
        )


class Agency(models.Model):
    """An agency in one period of its life."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=300)
    short_name = models.CharField(max_length=150)
    folded = models.CharField(max_length=300)
    kind = models.CharField(max_length=40)
    tier = models.CharField(max_length=10, choices=TIERS)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="+")
    id_code = models.CharField(max_length=40, blank=True, help_text="identifier of QĐ 20/2020/QĐ-TTg")
    legacy_id_code = models.CharField(max_length=40, blank=True, help_text="identifier of QCVN 102:2016")
    id_scheme = models.CharField(max_length=20, blank=True)
    id_code_certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    area_class = models.CharField(max_length=10, choices=[(str(item), str(item)) for item in AreaClass])
    counter_name = models.CharField(max_length=300, blank=True, help_text="its counter at the one-stop unit")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "organisation_agency"
        constraints = (
            models.CheckConstraint(
                name="agency_period", condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
            ),
        )
        indexes = (models.Index(fields=["kind"], name="agency_kind"),)


class AgencyService(models.Model):
    """A vertical-sector agency or branch that serves the territory of another agency."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="services")
    served = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="served_by")

    class Meta:
        db_table = "organisation_agencyservice"
        constraints = (models.UniqueConstraint(fields=["agency", "served"], name="agency_service_once"),)


class Unit(models.Model):
    """
    A unit that acts: the agency itself (root, same code), a division, a one-stop unit, an officer group.

    `one_stop` is the unit that receives for it; `attached_to` the root unit whose territory an attached
    unit (ward police) serves without belonging to it.
    """

    code = models.CharField(max_length=50, unique=True)
    name = models.CharField(max_length=300)
    short_name = models.CharField(max_length=200)
    folded = models.CharField(max_length=300)
    kind = models.CharField(max_length=40)
    tier = models.CharField(max_length=10, choices=TIERS)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="units")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    one_stop = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    attached_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="attached")
    calendar = models.ForeignKey(CalendarLayer, null=True, on_delete=models.PROTECT, related_name="+")
    is_root = models.BooleanField(default=False)
    fields = ArrayField(
        models.CharField(max_length=40),
        default=list,
        help_text="fields it works in; empty: all of its agency's",
    )
    id_code = models.CharField(max_length=40, blank=True, help_text="prefix of dossier codes, new shape")
    legacy_id_code = models.CharField(
        max_length=40, blank=True, help_text="prefix of dossier codes, 2018 shape"
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)

    class Meta:
        db_table = "organisation_unit"
        constraints = (
            models.UniqueConstraint(
                fields=["agency"], condition=Q(is_root=True), name="unit_one_root_per_agency"
            ),
            models.CheckConstraint(
                name="unit_period", condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
            ),
        )
        indexes = (
            models.Index(fields=["kind"], name="unit_kind"),
            GinIndex(fields=["folded"], opclasses=["gin_trgm_ops"], name="unit_folded_trgm"),
        )


class Succession(models.Model):
    """A unit whose work passed wholly or partly to another on a day; `rank` 1 takes running dossiers over."""

    origin = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="predecessions")
    on = models.DateField(help_text="first day of the successor")
    relation = models.CharField(max_length=20, choices=[(str(item), str(item)) for item in Relation])
    rank = models.PositiveSmallIntegerField(default=1)
    procedures = ArrayField(models.CharField(max_length=20), default=list, help_text="empty: everything")
    legal_basis = models.CharField(max_length=200, blank=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "organisation_succession"
        constraints = (models.UniqueConstraint(fields=["origin", "successor", "on"], name="succession_once"),)


class ServiceArea(models.Model):
    """
    A one-stop unit receives for an agency that is not of its branch, from a day to a day (R-078).

    It is the agency's counter then: receipt there is receipt by the agency. `fields` empty means every field.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    fields = ArrayField(models.CharField(max_length=40), default=list)
    decision_no = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)
    end_decision = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "organisation_servicearea"
        constraints = (
            models.CheckConstraint(
                name="service_area_period", condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
            ),
            models.UniqueConstraint(fields=["unit", "agency", "valid_from"], name="service_area_once"),
        )


class Kiosk(models.Model):
    """
    A self-service terminal of a one-stop unit, at which a citizen files without an officer (R-087).

    Its pairing code and the key its browser keeps are held as hashes only; a new code takes the key away.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    code_hash = models.BinaryField(null=True)
    code_until = models.DateTimeField(null=True)
    key_hash = models.BinaryField(null=True, unique=True)
    paired_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "organisation_kiosk"
        constraints = (
            models.UniqueConstraint(
                fields=["unit", "name"], condition=Q(closed_at=None), name="kiosk_name_once"
            ),
        )


class Staff(models.Model):
    """A person in public service who signs in with one account."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")
    full_name = models.CharField(max_length=200)
    folded = models.CharField(max_length=200)
    position = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=254, blank=True)
    fictitious = models.BooleanField(default=False)

    class Meta:
        db_table = "organisation_staff"


class Duty(models.Model):
    """A role in a unit for a period; `fields` empty means every field of procedures."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="duties")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="duties")
    role = models.CharField(max_length=30, choices=[(str(item), str(item)) for item in Role])
    scope = models.CharField(max_length=10, choices=[(str(item), str(item)) for item in DutyScope])
    fields = ArrayField(models.CharField(max_length=40), default=list)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    delegated_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "organisation_duty"
        constraints = (
            models.CheckConstraint(
                name="duty_period", condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
            ),
            models.UniqueConstraint(fields=["staff", "unit", "role", "valid_from"], name="duty_once"),
        )
        indexes = (models.Index(fields=["unit", "role"], name="duty_unit_role"),)
