"""Every component in every state, for eyes, axe and the desk's developers; only in demo mode."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from motcua.dossiers.rules import State
from motcua.kernel.calendar import LOCAL
from motcua.web.components import (
    Crumb,
    DeadlineView,
    ErrorItem,
    FieldView,
    FileItem,
    Option,
    StepView,
    TimelineItem,
)

YES_NO = (Option("self", "Bản thân"), Option("authorised", "Được ủy quyền", "Kèm văn bản ủy quyền."))


def _fields() -> list[FieldView]:
    member = (
        FieldView("members-0-name", "Họ tên", value="Nguyễn Thị Liên"),
        FieldView("members-0-birth_date", "Ngày sinh", "date", value="20/12/1970", inputmode="numeric"),
    )
    return [
        FieldView("text", "Họ, chữ đệm, tên", value="Nguyễn Quang Điệp", required=True, autocomplete="name"),
        FieldView(
            "filled",
            "Nơi cư trú",
            "address",
            value="Số 197, đường Bạch Đằng",
            source="CSDL quốc gia về dân cư",
        ),
        FieldView(
            "bad",
            "Ngày sinh",
            "date",
            value="31/02/1990",
            required=True,
            width="s",
            inputmode="numeric",
            help="Ngày/tháng/năm, ví dụ 05/09/1990.",
            error="Ngày 31/02/1990 không có trong lịch.",
        ),
        FieldView("area", "Diện tích", "area_m2", value="125,5", width="s", unit="m²", inputmode="decimal"),
        FieldView(
            "select", "Giới tính", "select", options=(Option("nam", "Nam"), Option("nu", "Nữ")), width="m"
        ),
        FieldView("radio", "Tư cách người nộp", "radio", value="self", options=YES_NO, required=True),
        FieldView(
            "radio2",
            "Hình thức nhận kết quả",
            "radio",
            options=YES_NO,
            required=True,
            error="Hãy chọn một hình thức.",
        ),
        FieldView("multi", "Giấy tờ kèm theo", "multiselect", values=("self",), options=YES_NO),
        FieldView("check", "Tôi cam đoan nội dung khai là đúng", "checkbox", required=True),
        FieldView("long", "Nội dung đề nghị", "textarea", help="Không quá 500 chữ."),
        FieldView("members", "Thành viên trong hộ", "table", columns=member, rows=(member,)),
    ]


def desk(request: HttpRequest) -> HttpResponse:
    """Show the frame of the staff pages with a work list in it."""
    if not settings.DEMO:
        raise Http404
    moment = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)
    context = {
        "staff": {"name": "Nguyễn Thị Hạnh", "duty": "Cán bộ tiếp nhận, Bộ phận Một cửa phường Tân Dân"},
        "menu": [
            {
                "title": "Việc của tôi",
                "entries": [
                    {"label": "Đầu ngày", "url": "#dau-ngay"},
                    {"label": "Chờ tiếp nhận", "url": "#cho", "count": 7},
                    {"label": "Quá hạn", "url": "#qua-han", "count": 2, "late": True},
                ],
            },
            {"title": "Quầy", "entries": [{"label": "Tiếp nhận tại quầy", "url": "#quay"}]},
        ],
        "section": "#cho",
        "search_url": "#",
        "home_url": "#",
        "sign_out_url": "#",
        "moment": moment,
        "crumbs": [Crumb("Bàn làm việc", "#"), Crumb("Chờ tiếp nhận")],
    }
    return render(request, "portal/styleguide_desk.html", context)


def page(request: HttpRequest) -> HttpResponse:
    """Show the style guide."""
    if not settings.DEMO:
        raise Http404
    moment = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)
    context = {
        "crumbs": [Crumb("Trang chủ", "/"), Crumb("Kiểu dáng")],
        "states": [str(state) for state in State],
        "fields": _fields(),
        "errors": [
            ErrorItem("f-bad", "Ngày sinh: ngày 31/02/1990 không có trong lịch."),
            ErrorItem("f-radio2-0", "Hình thức nhận kết quả: hãy chọn một hình thức."),
        ],
        "steps": [
            StepView("Người nộp", "done", "#stepper"),
            StepView("Nơi nhận", "done", "#stepper"),
            StepView("Tờ khai", "now"),
            StepView("Giấy tờ"),
            StepView("Kiểm tra và nộp"),
        ],
        "items": [
            TimelineItem("Nộp hồ sơ trực tuyến", moment, "done", "Nguyễn Quang Điệp"),
            TimelineItem(
                "Tiếp nhận hồ sơ", moment, "done", "Bộ phận Một cửa phường Tân Dân", "Đã gửi giấy hẹn."
            ),
            TimelineItem(
                "Thẩm tra hồ sơ", moment, "now", "Công chức Tư pháp - Hộ tịch", tag="đến 16:00 hôm nay"
            ),
            TimelineItem("Lãnh đạo ký", None, "next", "Chủ tịch UBND phường"),
        ],
        "deadlines": [
            DeadlineView(
                moment,
                ["Thứ Hai 02/10: ngày nhận, không tính.", "Thứ Ba 03/10: ngày 1."],
                left="Còn 1 ngày làm việc.",
            ),
            DeadlineView(
                moment, state="late", left="Quá hạn 2 ngày làm việc. Cơ quan phải có văn bản xin lỗi."
            ),
            DeadlineView(moment, state="paused", left="Chờ người nộp bổ sung từ 02/10/2023."),
        ],
        "files": [
            FileItem("giay-chung-sinh.pdf", 348_160, "#files", remove_name="_delete", remove_value="1"),
            FileItem("anh-the.jpg", 1_258_291, note="đang kiểm tra"),
        ],
        "pairs": [("Chủ hồ sơ", "Nguyễn Quang Điệp"), ("Thư điện tử", "")],
        "tab_items": [("Đang giải quyết", "#a"), ("Chờ bổ sung", "#b"), ("Đã xong", "#c")],
        "moment": moment,
    }
    return render(request, "portal/styleguide.html", context)
