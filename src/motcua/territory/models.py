"""Places over time, layered calendars, office hours."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from motcua.territory.rules import AreaClass, Certainty, DayKind, HoursPurpose, LayerKind, PlaceLevel


def _choices(states: type[StrEnum]) -> list[tuple[str, str]]:
    return [(str(state), str(state)) for state in states]


class Revision(models.Model):
    """Number of the last change of a body of data; processes compare it with what they hold in memory."""

    name = models.CharField(max_length=40, primary_key=True)
    number = models.BigIntegerField(default=0)

    class Meta:
        db_table = "territory_revision"


class Place(models.Model):
    """An administrative unit in one period of its life. Codes, not names, tell places apart."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    folded = models.CharField(max_length=200)
    level = models.CharField(max_length=10, choices=_choices(PlaceLevel))
    unit_type = models.CharField(max_length=20, blank=True)
    gso_code = models.CharField(max_length=10, blank=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    area_class = models.CharField(max_length=10, choices=_choices(AreaClass))
    area_certainty = models.CharField(max_length=10, choices=_choices(Certainty))
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=_choices(Certainty))
    note = models.TextField(blank=True)

    class Meta:
        db_table = "territory_place"
        constraints = (
            models.CheckConstraint(
                name="place_period", condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
            ),
        )
        indexes = (models.Index(fields=["gso_code"], name="place_gso"),)


class PlaceSuccession(models.Model):
    """A place that passed wholly or partly into another on a day."""

    origin = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="predecessions")
    on = models.DateField(help_text="first day of the successor")
    relation = models.CharField(max_length=20)
    certainty = models.CharField(max_length=10, choices=_choices(Certainty))
    note = models.TextField(blank=True)

    class Meta:
        db_table = "territory_placesuccession"
        constraints = (models.UniqueConstraint(fields=["origin", "successor"], name="place_succession_once"),)


class CalendarLayer(models.Model):
    """One layer of calendar; a unit's calendar is its layer laid over the parents."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=_choices(LayerKind))
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        db_table = "territory_calendarlayer"


class DayMark(models.Model):
    """An announced day of a layer. `apply` false: known, but not in force (stored for the record)."""

    layer = models.ForeignKey(CalendarLayer, on_delete=models.PROTECT, related_name="days")
    on = models.DateField()
    kind = models.CharField(max_length=20, choices=_choices(DayKind))
    name = models.CharField(max_length=200)
    swap_with = models.DateField(null=True)
    apply = models.BooleanField(default=True)
    certainty = models.CharField(max_length=10, choices=_choices(Certainty))
    note = models.TextField(blank=True)

    class Meta:
        db_table = "territory_daymark"
        constraints = (models.UniqueConstraint(fields=["layer", "on"], name="day_mark_once_per_layer"),)


class OfficeHours(models.Model):
    """Sessions of a layer in a period (and season) on given weekdays (0 = Monday)."""

    layer = models.ForeignKey(CalendarLayer, on_delete=models.PROTECT, related_name="hours")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=10, choices=_choices(HoursPurpose))
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    season_from = models.CharField(max_length=5, blank=True, help_text="MM-DD, first day of the season")
    season_to = models.CharField(max_length=5, blank=True, help_text="MM-DD, last day of the season")
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    periods = models.JSONField(help_text='[["07:30", "12:00"], …]')
    unit_kinds = ArrayField(models.CharField(max_length=40), default=list)
    apply = models.BooleanField(default=True)
    certainty = models.CharField(max_length=10, choices=_choices(Certainty))
    note = models.TextField(blank=True)

    class Meta:
        db_table = "territory_officehours"
        constraints = (models.UniqueConstraint(fields=["layer", "code"], name="office_hours_code"),)


class ProductivityNorm(models.Model):
    """Dossiers a one-stop officer handles in a year, by area class."""

    area_class = models.CharField(max_length=10, choices=_choices(AreaClass), unique=True)
    dossiers_per_year = models.PositiveIntegerField()
    legal_basis = models.CharField(max_length=200)
    certainty = models.CharField(max_length=10, choices=_choices(Certainty))

    class Meta:
        db_table = "territory_productivitynorm"
