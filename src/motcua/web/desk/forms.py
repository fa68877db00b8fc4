"""Forms of the staff pages: what an act needs to be told, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from motcua.dossiers.dues import DUE_KINDS, MOST
from motcua.dossiers.nonterritorial import WHY_NAMES
from motcua.dossiers.parts import SAID_NAMES
from motcua.dossiers.published import CONTENT
from motcua.dossiers.refunding import Proposal
from motcua.dossiers.rules import (
    CAUSE_NAMES,
    STOP_ASKED_NAMES,
    SUSPEND_GROUNDS,
    ReturnChannel,
    StopAsked,
)
from motcua.kernel.counting import Ground
from motcua.payments.rules import Method, method_label
from motcua.web import words
from motcua.web.templatetags.motcua import money

Choices = Sequence[tuple[str, str]]


def _text(
    label: str,
    *,
    required: bool = True,
    width: str = "l",
    help_text: str = "",
    longest: int = 300,
    inputmode: str = "",
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "width": width, "inputmode": inputmode}),
        error_messages={"required": f"Cần nhập {label[0].lower()}{label[1:]}."},
    )


def _long(label: str, *, required: bool = True, help_text: str = "", shortest: int = 0) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        min_length=shortest or None,
        max_length=2000,
        help_text=help_text,
        widget=forms.Textarea,
        error_messages={
            "required": f"Cần ghi {label[0].lower()}{label[1:]}.",
            "min_length": f"Ghi rõ hơn, ít nhất {shortest} ký tự.",
        },
    )


def _cause() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Nguyên nhân chậm",
        widget=forms.RadioSelect,
        choices=[(str(one), name) for one, name in CAUSE_NAMES.items()],
        error_messages={"required": "Chọn nguyên nhân trong danh sách."},
    )


REASON_HELP = "Ít nhất 10 ký tự, viết để người đọc hiểu phải làm gì tiếp."


class PasswordForm(forms.Form):
    """User name and password of a member of staff."""

    username = forms.CharField(
        label="Tên đăng nhập",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "width": "m"}),
        error_messages={"required": "Cần nhập tên đăng nhập."},
    )
    password = forms.CharField(
        label="Mật khẩu",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "width": "m"}),
        error_messages={"required": "Cần nhập mật khẩu."},
    )


class AcceptForm(forms.Form):
    """Accepting an online filing: nothing more to say but that it was checked."""

    checked = forms.BooleanField(
        label="Đã kiểm tra hồ sơ: đủ thành phần, đúng biểu mẫu, đúng thẩm quyền",
        error_messages={"required": "Đánh dấu xác nhận đã kiểm tra hồ sơ."},
    )
    paid = forms.BooleanField(label="Đã thu đủ phí, lệ phí bằng tiền mặt", required=False)


class RefuseForm(forms.Form):
    """Refusing to receive (form 03)."""

    reason = _long("Lý do từ chối tiếp nhận", help_text=REASON_HELP, shortest=10)
    guidance = _long("Hướng dẫn nơi nộp, cách làm tiếp", required=False)


class ReasonForm(forms.Form):
    """An act that needs its reason."""

    reason = _long("Lý do", help_text=REASON_HELP, shortest=10)


class StopForm(forms.Form):
    """Stopping a dossier (form 05)."""

    asked_by = forms.ChoiceField(
        label="Bên đề nghị dừng",
        widget=forms.RadioSelect,
        choices=[(str(one), STOP_ASKED_NAMES[one]) for one in (StopAsked.AGENCY, StopAsked.APPLICANT)],
        error_messages={"required": "Chọn bên đề nghị dừng giải quyết."},
    )
    reason = _long("Lý do dừng giải quyết", help_text=REASON_HELP, shortest=10)
    ground = _text("Căn cứ pháp lý", required=False)

    def __init__(self, *args: Any, proposal: Proposal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if proposal is not None and proposal.paid:
            _refund(self, proposal, later="Để trống số tiền nếu để Bộ phận Một cửa xác định sau.")


class SuspendForm(forms.Form):
    """Holding the clock on a ground of the closed list."""

    ground = forms.ChoiceField(
        label="Căn cứ tạm dừng",
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn căn cứ tạm dừng."},
    )
    reference = _text("Số, ngày của văn bản hoặc thông báo làm căn cứ", longest=200)
    reason = _long("Nội dung", help_text=REASON_HELP, shortest=10)

    def __init__(self, *args: Any, grounds: Sequence[Ground], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ground = self.fields["ground"]
        assert isinstance(ground, forms.ChoiceField)  # noqa: S101  (for the type checker)
        ground.choices = [(str(one), SUSPEND_GROUNDS[one]) for one in grounds]


class ExtensionForm(forms.Form):
    """The letter of apology with a new date (form 04)."""

    cause = _cause()
    reason = _long("Lý do, ghi trong văn bản xin lỗi", help_text=REASON_HELP, shortest=10)
    new_due_on = forms.DateField(
        label="Ngày hẹn trả mới",
        help_text="Là ngày làm việc; kết quả trả chậm nhất khi hết giờ làm việc của ngày đó.",
        input_formats=["%d/%m/%Y", "%d-%m-%Y", "%d%m%Y", "%Y-%m-%d"],
        error_messages={
            "required": "Cần ghi ngày hẹn trả mới.",
            "invalid": "Ngày chưa đúng, ví dụ 05/10/2023.",
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "width": "s"}),
    )


class ExplanationForm(forms.Form):
    """Why a dossier is late, in writing to the head of the agency."""

    cause = _cause()
    reason = _long("Giải trình", help_text=REASON_HELP, shortest=10)
    remedy = _long("Cách khắc phục để không chậm nữa", required=False)


class RemarkForm(forms.Form):
    """A word of the head, if there is one."""

    note = _long("Ý kiến", required=False)


def _refund(form: forms.Form, proposal: Proposal, later: str = "") -> None:
    """Ask what of the money paid is given back, and why that; the rules' own answer stands in the fields."""
    paid = proposal.paid
    told = [f"Người nộp đã nộp {money(paid)}."]
    if proposal.amount is not None:
        unsure = " Quy định này tỉnh chưa kiểm chứng: xem lại trước khi xác định." if proposal.unsure else ""
        told.append(f"Theo quy định: hoàn trả {money(proposal.amount)}.{unsure}")
    form.fields["refund"] = forms.IntegerField(
        label="Số tiền hoàn trả (đồng)",
        initial=proposal.amount,
        required=not later,
        min_value=0,
        max_value=paid,
        help_text=" ".join([*told, later or "Ghi 0 nếu không hoàn trả."]),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "width": "s"}),
        error_messages={
            "required": "Ghi số tiền hoàn trả; không hoàn trả thì ghi 0.",
            "invalid": "Ghi số tiền bằng chữ số.",
            "min_value": "Số tiền không âm.",
            "max_value": f"Không quá {money(paid)} đã nộp.",
        },
    )
    form.fields["refund_ground"] = _long(
        "Căn cứ hoàn trả, hoặc lý do không hoàn trả",
        help_text="Bắt buộc khi số tiền khác quy định: ghi rõ vì sao, ít nhất 10 ký tự.",
        required=False,
        shortest=10,
    )
    form.fields["refund_ground"].initial = proposal.ground


class RefundForm(forms.Form):
    """Deciding what of the money paid for a dossier without a result is given back."""

    def __init__(self, *args: Any, proposal: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _refund(self, proposal)


class RefundPaidForm(forms.Form):
    """Entering that the money was given back."""

    reference = _text("Số, ngày chứng từ hoàn trả", longest=200)


class WithdrawForm(ReasonForm):
    """Withdrawing a dossier: what is given back of the money paid; of a group, which of its parts."""

    def __init__(self, *args: Any, parts: Choices, proposal: Proposal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if proposal is not None and proposal.paid:
            _refund(self, proposal)
        if parts:
            self.fields["parts"] = forms.MultipleChoiceField(
                label="Phần người nộp rút",
                choices=list(parts),
                initial=[key for key, _ in parts],
                widget=forms.CheckboxSelectMultiple,
                help_text="Phần không chọn vẫn được giải quyết tiếp.",
                error_messages={"required": "Chọn ít nhất một phần."},
            )


class MirrorForm(forms.Form):
    """What the central system of a ministry said of a part."""

    state = forms.ChoiceField(
        label="Trạng thái trên hệ thống của bộ, ngành",
        widget=forms.RadioSelect,
        choices=[(str(one), name) for one, name in SAID_NAMES.items()],
        error_messages={"required": "Chọn trạng thái."},
    )
    said_at = forms.DateTimeField(
        label="Thời điểm ghi trên hệ thống đó",
        help_text="Giờ và ngày, ví dụ 14:30 02/10/2023.",
        input_formats=["%H:%M %d/%m/%Y", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"],
        error_messages={
            "required": "Cần ghi thời điểm.",
            "invalid": "Thời điểm chưa đúng, ví dụ 14:30 02/10/2023.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "width": "m"}),
    )
    message_id = _text(
        "Mã thông báo của hệ thống đó",
        width="m",
        longest=120,
        help_text="Ghi trùng mã cũ thì không ghi thêm lần nữa.",
    )
    number = _text("Số giấy tờ kết quả (nếu có)", required=False, width="m", longest=120)
    evidence = _long(
        "Căn cứ",
        help_text="Thông báo, văn bản hoặc màn hình tra cứu đã xem; ít nhất 10 ký tự.",
        shortest=10,
    )
    verifying = forms.BooleanField(
        label="Hệ thống đó báo phải xác minh thực địa",
        help_text="Áp dụng thời hạn có xác minh của phần này, nếu luật quy định.",
        required=False,
    )
    result = forms.FileField(
        label="Tệp kết quả (nếu có)",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )


class NoteForm(forms.Form):
    """Completing a step; some ways out need a reason."""

    note = _long("Ghi chú cho bước sau", required=False)


class PaymentRequestForm(forms.Form):
    """A financial obligation that is notified during handling."""

    kind = forms.ChoiceField(
        label="Loại nghĩa vụ",
        widget=forms.RadioSelect,
        choices=[(str(one), name) for one, name in DUE_KINDS.items()],
        error_messages={"required": "Chọn loại nghĩa vụ trong danh sách."},
    )
    label = _text("Tên khoản phải nộp", help_text="Ví dụ: Lệ phí trước bạ nhà đất.")
    amount = forms.IntegerField(
        label="Số tiền (đồng)",
        min_value=1,
        max_value=MOST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "width": "s"}),
        error_messages={
            "required": "Ghi số tiền.",
            "invalid": "Ghi số tiền bằng chữ số.",
            "min_value": "Ghi số tiền lớn hơn 0.",
            "max_value": "Số tiền quá lớn, xem lại.",
        },
    )
    basis = _text("Cách tính, căn cứ", required=False, longest=500)
    number = _text("Số, ngày của thông báo", longest=100)
    at_counter = forms.BooleanField(label="Nộp tại Bộ phận Một cửa, có biên lai", required=False)
    payee = _text("Cơ quan thu tiền", required=False, help_text="Ghi khi không nộp tại Bộ phận Một cửa.")


class PaymentForm(forms.Form):
    """Which notices are paid, and what shows it; or which are cancelled, and why."""

    notices = forms.TypedMultipleChoiceField(
        label="Thông báo",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Chọn ít nhất một thông báo."},
    )

    def __init__(self, *args: Any, notices: Choices, cancelling: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["notices"]
        assert isinstance(chosen, forms.TypedMultipleChoiceField)  # noqa: S101  (for the type checker)
        chosen.choices = list(notices)
        if cancelling:
            self.fields["reason"] = _long("Lý do hủy", help_text=REASON_HELP, shortest=10)
            return
        self.fields["method"] = forms.ChoiceField(
            label="Nộp bằng cách nào",
            widget=forms.RadioSelect,
            required=False,
            choices=[
                (BY_VOUCHER, "Đã nộp cho cơ quan thu, có chứng từ"),
                *((str(one), f"Thu tại quầy: {method_label(one).lower()}") for one in AT_COUNTER),
            ],
            initial=BY_VOUCHER,
        )
        self.fields["evidence"] = _text("Số, ngày chứng từ nộp tiền", required=False)


BY_VOUCHER = "voucher"
AT_COUNTER = (Method.CASH, Method.CARD, Method.TRANSFER)


class ResumeForm(forms.Form):
    """What shows that a wait is over."""

    proof = _long(
        "Căn cứ để tiếp tục",
        help_text="Số biên lai, số văn bản trả lời hoặc ngày nhận kết quả xác minh; ít nhất 10 ký tự.",
        shortest=10,
    )


class ForwardForm(forms.Form):
    """Handing over from the counter."""

    what = _text("Nội dung bàn giao", required=False, help_text="Ví dụ: 1 bộ hồ sơ giấy, 5 tờ.")
    paper = forms.BooleanField(
        label="Có giấy tờ chuyển tay kèm theo",
        required=False,
        help_text="Không đánh dấu là chuyển hoàn toàn bằng điện tử. Có giấy thì lập phiếu bàn giao sau khi chuyển.",
    )

    def __init__(self, *args: Any, competent: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if competent:  # received for another agency: whose competence it is may be put right
            self.fields["competent"] = forms.ChoiceField(
                label="Cơ quan có thẩm quyền",
                choices=list(competent),
                initial=competent[0][0],
                required=False,
                help_text="Chọn lại nếu hồ sơ bị chuyển trả vì không đúng thẩm quyền.",
            )


class SendBackForm(forms.Form):
    """Why a dossier goes back to the unit that received it."""

    why = forms.ChoiceField(
        label="Lý do chuyển trả",
        choices=[(one.value, name) for one, name in WHY_NAMES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn một lý do."},
    )
    reason = _long(
        "Giải thích",
        help_text="Ghi rõ cơ quan nào có thẩm quyền, hoặc thiếu, sai giấy tờ nào; ít nhất 10 ký tự.",
        shortest=10,
    )


class AssignForm(forms.Form):
    """To whom a task goes, and why where it leaves somebody's hands."""

    staff = forms.ChoiceField(
        label="Giao cho",
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn một người trong danh sách."},
    )
    note = _long("Lý do chuyển việc", required=False)

    def __init__(self, *args: Any, people: Choices, passing: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = self.fields["staff"]
        assert isinstance(staff, forms.ChoiceField)  # noqa: S101  (for the type checker)
        staff.choices = list(people)
        note = self.fields["note"]
        note.required = passing
        note.error_messages["required"] = "Cần ghi lý do chuyển việc."
        if not passing:
            del self.fields["note"]


class ReturnStepForm(forms.Form):
    """To which earlier step the work goes back."""

    node = forms.ChoiceField(
        label="Trả lại bước",
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn bước cần trả lại."},
    )
    reason = _long("Lý do trả lại", help_text=REASON_HELP, shortest=10)

    def __init__(self, *args: Any, steps: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        node = self.fields["node"]
        assert isinstance(node, forms.ChoiceField)  # noqa: S101  (for the type checker)
        node.choices = list(steps)


class ReturnResultForm(forms.Form):
    """Handing the result over."""

    how = forms.ChoiceField(
        label="Trả kết quả bằng cách",
        widget=forms.RadioSelect,
        choices=[(str(code), name) for code, name in words.RETURN_CHANNELS.items()],
        help_text="Bản điện tử luôn được gửi vào tài khoản của chủ hồ sơ.",
        error_messages={"required": "Chọn cách trả kết quả."},
    )
    collector = _text(
        "Họ tên người nhận tại quầy", required=False, help_text="Đối chiếu với giấy hẹn và giấy tờ tùy thân."
    )
    proof = _text("Số hiệu bưu gửi", required=False, width="m", help_text="Khi gửi qua bưu chính công ích.")

    def clean(self) -> dict[str, Any]:
        """Ask for what the way of handing over needs."""
        values = super().clean() or {}
        if values.get("how") == ReturnChannel.DIRECT and not values.get("collector"):
            self.add_error("collector", "Ghi họ tên người nhận kết quả.")
        if values.get("how") == ReturnChannel.POST and not values.get("proof"):
            self.add_error("proof", "Ghi số hiệu bưu gửi.")
        return values


class HandBackForm(forms.Form):
    """Who took the papers back."""

    collector = _text("Họ tên người nhận lại giấy tờ")


class SupplementRequestForm(forms.Form):
    """What the applicant must add or correct, once and for everything (form 02)."""

    papers = forms.MultipleChoiceField(
        label="Giấy tờ cần bổ sung, thay thế", required=False, widget=forms.CheckboxSelectMultiple
    )
    what = _text(
        "Cần bổ sung, sửa gì ở các giấy tờ đã chọn",
        required=False,
        help_text="Ví dụ: bản chụp mờ, thiếu chữ ký.",
    )
    content = _text(
        "Nội dung tờ khai cần sửa",
        required=False,
        help_text="Chỗ nào trong tờ khai, sửa thế nào.",
    )
    other1 = _text(
        "Giấy tờ ngoài danh mục đã công bố",
        required=False,
        help_text="Không được yêu cầu: hệ thống chặn và báo cán bộ kiểm soát thủ tục.",
    )
    reason = _long("Lý do yêu cầu bổ sung", help_text=REASON_HELP, shortest=10)
    ground = _text("Căn cứ pháp lý", required=False)
    restart = forms.ChoiceField(
        label="Khi người nộp bổ sung xong, thời hạn",
        widget=forms.RadioSelect,
        required=False,
        choices=[
            ("1", "Tính lại từ đầu (trả lại khi thẩm định)"),
            ("0", "Tính tiếp phần còn lại"),
        ],
        initial="1",
    )

    def __init__(self, *args: Any, names: Choices, at_appraisal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        papers = self.fields["papers"]
        assert isinstance(papers, forms.MultipleChoiceField)  # noqa: S101  (for the type checker)
        papers.choices = list(names)
        if not names:
            del self.fields["papers"]
            del self.fields["what"]
        if not at_appraisal:
            del self.fields["restart"]

    def items(self) -> list[dict[str, str]]:
        """Return what is asked for, in the shape of the act."""
        values = self.cleaned_data
        what = values.get("what", "")
        wanted = [{"name": name, "what": what} for name in values.get("papers", [])]
        if values.get("content"):
            wanted.append({"name": CONTENT, "what": values["content"]})
        if values.get("other1"):
            wanted.append({"name": values["other1"], "what": ""})
        return wanted

    def clean(self) -> dict[str, Any]:
        """Ask for at least one thing to add."""
        values = super().clean() or {}
        if not any(values.get(name) for name in ("papers", "content", "other1")):
            self.add_error(
                "papers" if "papers" in self.fields else "content",
                "Chọn giấy tờ hoặc ghi nội dung cần bổ sung.",
            )
        return values


class GuidanceForm(forms.Form):
    """What somebody is told at the counter before anything is filed (form 02 without a code)."""

    papers = forms.MultipleChoiceField(
        label="Giấy tờ còn thiếu, cần làm lại", required=False, widget=forms.CheckboxSelectMultiple
    )
    what = _text("Thiếu gì, sửa gì ở các giấy tờ đã chọn", required=False)
    content = _text("Nội dung tờ khai cần sửa", required=False)
    where = _long("Nơi cần đến, việc cần làm", required=False)

    def __init__(self, *args: Any, names: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        papers = self.fields["papers"]
        assert isinstance(papers, forms.MultipleChoiceField)  # noqa: S101  (for the type checker)
        papers.choices = list(names)
        if not names:
            del self.fields["papers"]

    def items(self) -> list[dict[str, str]]:
        """Return what is lacking, in the shape of the act."""
        values = self.cleaned_data
        wanted = [{"name": name, "what": values.get("what", "")} for name in values.get("papers", [])]
        if values.get("content"):
            wanted.append({"name": CONTENT, "what": values["content"]})
        return wanted


class CallForm(forms.Form):
    """What was said on the telephone."""

    note = _text("Nội dung đã báo qua điện thoại", longest=500)


class NewPersonForm(forms.Form):
    """A person the system does not know yet, entered at the counter."""

    full_name = _text("Họ, chữ đệm, tên", longest=200)
    personal_id = _text("Số định danh cá nhân", required=False, width="m", longest=20, inputmode="numeric")
    birth_date = forms.DateField(
        label="Ngày sinh",
        required=False,
        input_formats=["%d/%m/%Y", "%d-%m-%Y", "%d%m%Y", "%Y-%m-%d"],
        error_messages={"invalid": "Ngày chưa đúng, ví dụ 05/09/1990."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "width": "s"}),
    )
    gender = forms.ChoiceField(
        label="Giới tính",
        required=False,
        choices=[("", "—"), ("nam", "Nam"), ("nu", "Nữ")],
        widget=forms.Select(attrs={"width": "s"}),
    )
    address = _text("Nơi cư trú", required=False)
    phone = _text("Điện thoại", required=False, width="m", longest=20, inputmode="tel")


class MergeForm(forms.Form):
    """Why two records are one."""

    reason = _text("Lý do gộp", help_text="Ví dụ: cùng số định danh, nhập hai lần tại quầy.")
