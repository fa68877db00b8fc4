"""`manage demo_logins`: name an account for every role, with the password, as `./run demo` prints them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.platform import clock
from motcua.setup.loaders import demo_password


class Command(BaseCommand):
    help = "Liệt kê mỗi vai trò một tài khoản trình diễn."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("only a demo shows its accounts (MOTCUA_MODE=demo)")
        chosen: dict[str, organisation.DemoStaff] = {}
        for person in organisation.demo_staff(clock.today()):
            for role in person.roles:
                known = chosen.get(role)
                if known is None or len(person.username) < len(known.username):
                    chosen[role] = person  # the demo's main unit has the shortest names
        lines = {person.username: f"{person.position}, {person.unit_name}" for person in chosen.values()}
        for citizen in parties.demo_citizens(2):
            lines[citizen.username] = f"công dân {citizen.display_name}"
        self.stdout.write("  Tài khoản trình diễn (trang đăng nhập liệt kê tất cả):")
        for username, words in lines.items():
            self.stdout.write(f"    {username:24} {words}")
        self.stdout.write(f"  Mật khẩu chung: {demo_password()}")
