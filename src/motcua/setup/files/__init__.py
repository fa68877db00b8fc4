"""
What each data file must look like, and what its records must agree on among themselves and with other files.
"""

from motcua.setup.files.agencies import (
    check_organisations,
    check_successors,
    kind_successions,
    organisations,
    successors,
)
from motcua.setup.files.fees import check_fees_holidays, fees_holidays
from motcua.setup.files.lists import catalogues, check_catalogues
from motcua.setup.files.papers import check_paper_types, paper_types
from motcua.setup.files.persons import check_people, demo_staff, people
from motcua.setup.files.procedure import check_procedures, procedures
from motcua.setup.files.reception import check_non_territorial, non_territorial
from motcua.setup.files.settings import check_policies, policies
from motcua.setup.files.shared import Known

__all__ = [
    "Known",
    "catalogues",
    "check_catalogues",
    "check_fees_holidays",
    "check_non_territorial",
    "check_organisations",
    "check_paper_types",
    "check_people",
    "check_policies",
    "check_procedures",
    "check_successors",
    "demo_staff",
    "fees_holidays",
    "kind_successions",
    "non_territorial",
    "organisations",
    "paper_types",
    "people",
    "policies",
    "procedures",
    "successors",
]
