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
        help_text="Ví dụ: 000.07.23.H23-231002-0001.",
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
    muc_do = forms.ChoiceField(
        label="Mức độ trực tuyến", required=False, choices=[*words.ONLINE_LEVELS.items()]
    )

    def __init__(self, *args: Any, fields: Choices, agencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("linh_vuc", fields), ("co_quan", agencies)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
            field.choices = [("", "Tất cả"), *choices]


class OwnerForm(forms.Form):
    """Whose dossier it is: the submitter's, a firm's they stand for, another person's or body's."""

    owner = forms.ChoiceField(label="Hồ sơ này là của ai?", widget=forms.RadioSelect)
    number = forms.CharField(
        label="Số định danh cá nhân",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "width": "m"}),
    )
    name = forms.CharField(
        label="Họ, chữ đệm, tên",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "width": "l"}),
    )
    birth_date = forms.DateField(
        label="Ngày sinh",
        required=False,
        input_formats=["%d/%m/%Y", "%d-%m-%Y", "%d%m%Y", "%Y-%m-%d"],
        help_text="Ngày/tháng/năm, ví dụ 05/09/1990.",
        error_messages={"invalid": "Ngày chưa đúng, ví dụ 05/09/1990."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "width": "s"}),
    )
    phone = forms.CharField(
        label="Điện thoại của chủ hồ sơ",
        required=False,
        max_length=20,
        help_text="Để nhận tin nhắn về hồ sơ; bỏ trống thì tin nhắn chỉ gửi cho người nộp.",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "width": "m"}),
    )

    def __init__(self, *args: Any, firms: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)  # noqa: S101  (for the type checker)
        owner.choices = [
            ("self", "Của tôi"),
            *firms,
            ("person", "Của người khác, tôi nộp thay"),
            ("organisation", "Của cơ quan, tổ chức, doanh nghiệp khác"),
        ]

    @staticmethod
    def shown(owner: str) -> dict[str, dict[str, Any]]:
        """Return the fields to draw for a choice, with what differs."""
        if owner == "person":
            return {
                "owner": {},
                "number": {"required": True, "help": "12 chữ số trên thẻ căn cước."},
                "name": {"required": True},
                "birth_date": {"required": True},
                "phone": {},
            }
        if owner == "organisation":
            return {
                "owner": {},
                "number": {"label": "Mã số thuế", "required": True, "help": "10 hoặc 13 chữ số."},
                "name": {"label": "Tên tổ chức", "required": True},
                "phone": {"label": "Điện thoại của tổ chức"},
            }
        return {"owner": {}}

    def clean(self) -> dict[str, Any]:
        """Ask for what the choice needs."""
        values = super().clean() or {}
        for name, changes in self.shown(str(values.get("owner", ""))).items():
            if changes.get("required") and not values.get(name) and name not in self.errors:
                label = changes.get("label", self.fields[name].label)
                self.add_error(name, f"Cần nhập {str(label)[0].lower()}{str(label)[1:]}.")
        return values


class ReturnForm(forms.Form):
    """How the result comes back, where the e-form does not ask it."""

    return_channel = forms.ChoiceField(
        label="Cách nhận kết quả",
        widget=forms.RadioSelect,
        choices=[(str(code), name) for code, name in words.RETURN_CHANNELS.items()],
        initial="account",
        help_text="Bản điện tử luôn được gửi vào tài khoản của chủ hồ sơ.",
        error_messages={"required": "Hãy chọn cách nhận kết quả."},
    )
    return_address = forms.CharField(
        label="Địa chỉ nhận qua bưu chính",
        required=False,
        max_length=300,
        help_text="Chỉ cần khi nhận qua bưu chính.",
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the address where the post brings the result."""
        values = super().clean() or {}
        if values.get("return_channel") == "post" and not values.get("return_address"):
            self.add_error("return_address", "Cần nhập địa chỉ để bưu chính giao kết quả.")
        return values


class ConsentForm(forms.Form):
    """The applicant's word that what is filed is true, and leave to look it up."""

    consent = forms.BooleanField(
        label="Tôi cam đoan nội dung khai là đúng và đồng ý để cơ quan giải quyết tra cứu,"
        " sử dụng dữ liệu của tôi trong các cơ sở dữ liệu cho việc giải quyết hồ sơ này",
        error_messages={"required": "Hãy đánh dấu cam đoan trước khi nộp hồ sơ."},
    )


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

    def __init__(self, *args: Any, parts: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if parts:
            self.fields["parts"] = forms.MultipleChoiceField(
                label="Phần bạn muốn rút",
                choices=list(parts),
                initial=[key for key, _ in parts],
                widget=forms.CheckboxSelectMultiple,
                help_text="Phần không chọn vẫn được giải quyết tiếp. Phần đã có kết quả thì giữ kết quả.",
                error_messages={"required": "Chọn ít nhất một phần."},
            )
        self.every = {key for key, _ in parts}

    def chosen(self) -> list[str]:
        """Return the parts chosen, none where all are."""
        found = self.cleaned_data.get("parts", [])
        return [] if set(found) == self.every else list(found)
