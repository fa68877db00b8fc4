"""Forms of the portal that do not come from the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from motcua.web import words

Choices = Sequence[tuple[str, str]]


class TrackForm(forms.Form):
    """Code and check value of a dossier."""

    code = forms.CharField(
        label="Mã hồ sơ",
        max_length=60,
        help_text="Ví dụ: H23.30.36-231002-0001.",
        error_messages={"required": "Hãy nhập mã hồ sơ in trên giấy tiếp nhận."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    check_value = forms.CharField(
        label="Mã tra cứu",
        max_length=8,
        help_text="In ngay dưới mã hồ sơ.",
        error_messages={"required": "Hãy nhập mã tra cứu in dưới mã hồ sơ."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "width": "s"}),
    )

    def clean_code(self) -> str:
        """Return the code without the blanks people copy with it."""
        return "".join(str(self.cleaned_data["code"]).split()).upper()

    def clean_check_value(self) -> str:
        """Return the check value as it is printed."""
        return "".join(str(self.cleaned_data["check_value"]).split()).upper()


class ProcedureSearch(forms.Form):
    """Search and filters of the catalogue; every field may be empty."""

    q = forms.CharField(
        label="Từ khóa hoặc mã",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    linh_vuc = forms.ChoiceField(label="Lĩnh vực", required=False)
    cap = forms.ChoiceField(label="Cấp giải quyết", required=False, choices=[*words.LEVELS.items()])
    co_quan = forms.ChoiceField(label="Cơ quan giải quyết", required=False)
    muc_do = forms.ChoiceField(label="Mức độ trực tuyến", required=False, choices=[*words.ONLINE_LEVELS.items()])

    def __init__(self, *args: Any, fields: Choices, agencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("linh_vuc", fields), ("co_quan", agencies)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
            field.choices = [("", "Tất cả"), *choices]


class WithdrawForm(forms.Form):
    """Why the applicant withdraws."""

    reason = forms.CharField(
        label="Lý do rút hồ sơ",
        min_length=10,
        max_length=2000,
        widget=forms.Textarea,
        help_text="Ít nhất 10 ký tự. Cơ quan giải quyết sẽ đọc lý do này.",
        error_messages={
            "required": "Hãy ghi lý do rút hồ sơ.",
            "min_length": "Hãy ghi rõ hơn, ít nhất 10 ký tự.",
        },
    )
    sure = forms.BooleanField(
        label="Tôi hiểu rằng hồ sơ sẽ dừng lại và muốn làm tiếp thì phải nộp hồ sơ mới",
        error_messages={"required": "Hãy đánh dấu xác nhận trước khi rút hồ sơ."},
    )
