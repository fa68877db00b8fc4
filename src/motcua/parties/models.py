"""Persons, organisations, the one reference to either, and accounts."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate

from motcua.parties.rules import AccountKind, PartyKind


class Household(models.Model):
    """People who live together under one head, as the residence register has them."""

    code = models.CharField(max_length=40, unique=True)
    place_code = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300)
    poverty_status = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "parties_household"


class Person(models.Model):
    """A natural person. `folded` is the name without case and diacritics."""

    code = models.CharField(max_length=40, unique=True, null=True, help_text="key in the source file")
    personal_id = models.CharField(max_length=12, unique=True, null=True)
    old_id_number = models.CharField(max_length=12, blank=True)
    full_name = models.CharField(max_length=200)
    folded = models.CharField(max_length=200)
    birth_date = models.DateField(null=True)
    gender = models.CharField(max_length=10, blank=True)
    ethnicity = models.CharField(max_length=50, blank=True)
    religion = models.CharField(max_length=50, blank=True)
    nationality = models.CharField(max_length=10, blank=True)
    origin_code = models.CharField(max_length=40, blank=True)
    place_code = models.CharField(max_length=40, blank=True, help_text="commune of permanent residence")
    temporary_place_code = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    marital_status = models.CharField(max_length=30, blank=True)
    spouse = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    father = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    mother = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    household = models.ForeignKey(Household, null=True, on_delete=models.SET_NULL, related_name="members")
    relation_to_head = models.CharField(max_length=30, blank=True)
    occupation = models.CharField(max_length=100, blank=True)
    social_insurance_no = models.CharField(max_length=20, blank=True)
    groups = models.JSONField(default=list, help_text="exemption and care groups the person belongs to")
    level2_identity = models.BooleanField(default=False)
    death_date = models.DateField(null=True)
    deceased = models.BooleanField(default=False)
    fictitious = models.BooleanField(default=False)

    class Meta:
        db_table = "parties_person"
        constraints = (
            models.CheckConstraint(
                name="person_personal_id_digits",
                condition=Q(personal_id=None) | Q(personal_id__regex=r"^[0-9]{12}$"),
            ),
        )
        indexes = (models.Index(fields=["folded", "birth_date"], name="person_name_birth"),)


class Organisation(models.Model):
    """An enterprise, cooperative, household business or other body that files dossiers."""

    code = models.CharField(max_length=40, unique=True, null=True, help_text="key in the source file")
    tax_code = models.CharField(max_length=14, unique=True, null=True)
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)
    kind = models.CharField(max_length=30, blank=True)
    place_code = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    legal_representative = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    charter_capital = models.BigIntegerField(null=True, help_text="đồng")
    established_on = models.DateField(null=True)
    status = models.CharField(max_length=30, blank=True)
    business_lines = models.JSONField(default=list)
    fictitious = models.BooleanField(default=False)

    class Meta:
        db_table = "parties_organisation"


class Party(models.Model):
    """
    The one reference to a person or an organisation, with the columns lists and searches read.

    `merged_into` is set on the record that was dropped when two proved to be one.
    """

    kind = models.CharField(max_length=12, choices=[(str(kind), str(kind)) for kind in PartyKind])
    person = models.OneToOneField(Person, null=True, on_delete=models.PROTECT, related_name="party")
    organisation = models.OneToOneField(
        Organisation, null=True, on_delete=models.PROTECT, related_name="party"
    )
    display_name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)
    id_number = models.CharField(max_length=14, blank=True, help_text="personal number or tax code")
    birth_date = models.DateField(null=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=254, blank=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "parties_party"
        constraints = (
            models.CheckConstraint(
                name="party_is_one_of_two",
                condition=Q(kind="person", person__isnull=False, organisation=None)
                | Q(kind="organisation", organisation__isnull=False, person=None),
            ),
        )
        indexes = (
            GinIndex(fields=["folded"], opclasses=["gin_trgm_ops"], name="party_folded_trgm"),
            models.Index(Collate("folded", "C"), "id", name="party_by_name"),
            models.Index(fields=["id_number"], opclasses=["varchar_pattern_ops"], name="party_id_number"),
            models.Index(fields=["phone"], opclasses=["varchar_pattern_ops"], name="party_phone"),
            models.Index(fields=["folded", "birth_date"], name="party_folded_birth"),
        )


class Merge(models.Model):
    """Two party records found to be one; kept so that it can be undone."""

    kept = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    dropped = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    before = models.JSONField(help_text="values of the kept record that the merge filled in")
    subject = models.BigIntegerField(unique=True, help_text="ledger subject of this merge")
    head_seq = models.PositiveIntegerField(default=0)
    head_hash = models.BinaryField(default=b"")
    merged_at = models.DateTimeField()
    merged_by = models.BigIntegerField(help_text="account")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "parties_merge"
        constraints = (
            models.UniqueConstraint(
                fields=["dropped"], condition=Q(undone_at=None), name="party_merged_once_at_a_time"
            ),
        )


class Account(AbstractBaseUser):
    """Who signs in. What they may do comes from duties, never from this row."""

    username = models.CharField(max_length=150, unique=True)
    kind = models.CharField(max_length=10, choices=[(str(kind), str(kind)) for kind in AccountKind])
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="accounts")
    display_name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    demo = models.BooleanField(default=False, help_text="listed on the sign-in page of the demo")

    USERNAME_FIELD = "username"
    objects = BaseUserManager["Account"]()

    class Meta:
        db_table = "parties_account"
        indexes = (models.Index(fields=["party"], name="account_party"),)
