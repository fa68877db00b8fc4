"""What the browser tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance


@pytest.fixture(scope="module")
def browser(instance: Instance) -> Iterator[Browser]:
    """One browser for the module, once the instance is there; every visitor has a context of their own."""
    with chromium() as running:
        yield running
