"""`manage demo_logins`: name an account for every role, with the password, as `./run demo` prints them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.platform import clock
from motcua.setup.loaders import demo_password


class Command(BaseCommand):
    help = "Liệt kê mỗi vai trò một tài khoản trình diễn."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("only a demo shows its accounts (MOTCUA_MODE=demo)")
        staff = organisation.demo_staff(clock.today())
        main_unit = next((p.username.split(".")[0] for p in staff if Role.WARD_OFFICE in p.roles), "")
        chosen: dict[Role, organisation.DemoStaff] = {}
        # the ward whose office has an account is the demo's main unit; elsewhere short names are the known ones
        for person in sorted(staff, key=lambda p: (not p.username.startswith(main_unit), len(p.username))):
            for role in person.roles:
                chosen.setdefault(role, person)
        lines = {person.username: f"{person.position}, {person.unit_name}" for person in chosen.values()}
        for citizen in parties.demo_citizens(2):
            lines[citizen.username] = f"công dân {citizen.display_name}"
        self.stdout.write("  Tài khoản trình diễn (trang đăng nhập liệt kê tất cả):")
        for username, words in lines.items():
            self.stdout.write(f"    {username:24} {words}")
        self.stdout.write(f"  Mật khẩu chung: {demo_password()}")
