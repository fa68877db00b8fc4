"""One long-winded sample of every paper: what breaks a layout is long names, many rows, full addresses."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from motcua.documents import papers
from motcua.documents.papers import (
    ClockEffect,
    Entry,
    EntryGroup,
    FeeLine,
    FeeTaken,
    HandOver,
    Letterhead,
    Office,
    OpenDossier,
    Original,
    PaperForm,
    PaperLine,
    Party,
    RegisterRow,
    Signer,
    Stage,
    StepResult,
    SupplementItem,
)
from motcua.kernel.calendar import LOCAL

CODE = "H23.117.09-231002-0001"


def at(day: int, hour: int = 8, minute: int = 0, month: int = 10, year: int = 2023) -> datetime:
    """Return a moment of the autumn the samples play in."""
    return datetime(year, month, day, hour, minute, tzinfo=LOCAL)


OFFICE = Office(
    agency="Ủy ban nhân dân phường Tân Dân, thị xã Kinh Môn",
    unit="Bộ phận Tiếp nhận và Trả kết quả phường Tân Dân",
    place="Tân Dân",
    address="Khu dân cư Thượng Chiểu, phường Tân Dân, thị xã Kinh Môn, tỉnh Hải Dương",
    phone="0220.0000.117",
    website="dichvucong.haiduong.example",
)
OWNER = Party(
    name="Nguyễn Hoàng Thị Phương Quỳnh",
    id_number="030190001234",
    address="Số nhà 197B, ngõ 12, đường Bạch Đằng, khu dân cư Thượng Chiểu, phường Tân Dân, thị xã Kinh Môn, "
    "tỉnh Hải Dương",
    phone="0000000117",
    email="phuongquynh.nguyenhoang@example.com",
)
COMPANY = Party(
    name="Công ty trách nhiệm hữu hạn một thành viên Xây dựng, Thương mại và Dịch vụ vận tải Đường Bạch Đằng",
    id_label="Mã số thuế",
    id_number="0899000017",
    address="Lô CN5, Khu công nghiệp Tân Trường mở rộng, xã Tân Trường, huyện Cẩm Giàng, tỉnh Hải Dương",
    phone="0000000217",
    email="vanthu@duongbachdang.example",
)
SUBMITTER = Party(name="Trần Đình Khuê", id_number="030071994853", phone="0000000300")
PROCEDURE = (
    "Cấp giấy phép xây dựng mới đối với công trình cấp III, cấp IV (công trình không theo tuyến, theo tuyến "
    "trong đô thị, tín ngưỡng, tôn giáo) và nhà ở riêng lẻ"
)
PAPER_NAMES = (
    "Đơn đề nghị cấp giấy phép xây dựng theo mẫu",
    "Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất",
    "Bản vẽ mặt bằng công trình trên lô đất kèm theo sơ đồ vị trí công trình, tỷ lệ 1/100 - 1/500",
    "Bản vẽ mặt bằng các tầng, các mặt đứng và mặt cắt chính của công trình, tỷ lệ 1/50 - 1/200",
    "Bản vẽ mặt bằng móng, mặt cắt móng kèm sơ đồ đấu nối hệ thống thoát nước, cấp nước, cấp điện",
    "Bản kê khai năng lực, kinh nghiệm của tổ chức thiết kế, chủ nhiệm, chủ trì thiết kế",
    "Chứng chỉ hành nghề của chủ nhiệm, chủ trì thiết kế",
    "Giấy chứng nhận thẩm duyệt thiết kế về phòng cháy và chữa cháy",
    "Văn bản thông báo kết quả thẩm định thiết kế xây dựng",
    "Bản cam kết bảo đảm an toàn đối với công trình liền kề",
    "Văn bản ủy quyền",
    "Quyết định phê duyệt dự án đầu tư",
    "Thẻ căn cước, căn cước công dân",
    "Giấy xác nhận thông tin về cư trú (mẫu CT07)",
)
FORMS = tuple(PaperForm)

SLIP = papers.Slip(
    office=OFFICE,
    dossier_code=CODE,
    owner=OWNER,
    submitter=SUBMITTER,
    procedure=PROCEDURE,
    papers=tuple(
        PaperLine(
            name=name,
            form=FORMS[i % len(FORMS)],
            quantity=1 + i % 3,
            borrowed=i == 1,
            note="đối chiếu bản chính" if i == 3 else "",
        )
        for i, name in enumerate(PAPER_NAMES)
    ),
    limit_text="20 ngày làm việc",
    received_at=at(2),
    due_at=at(30, 17),
    return_place="Bộ phận Tiếp nhận và Trả kết quả phường Tân Dân",
    return_channel="trả trực tiếp, đồng thời gửi bản điện tử vào kho dữ liệu của Ông/Bà",
    receiver_name="Phạm Thị Hồng Thắm",
    fees=(FeeLine("Lệ phí cấp giấy phép xây dựng", 75_000, True), FeeLine("Phí thẩm định", 1_250_000)),
    register_volume="01/2023",
    register_no="1287",
    lookup_url="https://dichvucong.haiduong.example/tra-cuu",
    lookup_code="K7QM",
)
SHORT_SLIP = papers.Slip(
    office=OFFICE,
    dossier_code="H23.117.09-231002-0002",
    owner=Party(name="Vũ Đức Đại", id_number="030090005555", address="Phường Tân Dân", phone="0000000118"),
    procedure="Đăng ký khai sinh",
    papers=(PaperLine("Giấy chứng sinh", PaperForm.ORIGINAL),),
    limit_text="trong ngày làm việc",
    received_at=at(2, 8, 5),
    due_at=at(2, 17),
    return_place="Bộ phận Tiếp nhận và Trả kết quả phường Tân Dân",
    receiver_name="Phạm Thị Hồng Thắm",
    register_no="1288",
    lookup_url="https://dichvucong.haiduong.example/tra-cuu",
    lookup_code="B2XW",
    electronic=True,
)
SUPPLEMENT = papers.SupplementRequest(
    office=OFFICE,
    dossier_code=CODE,
    owner=COMPANY,
    submitter=SUBMITTER,
    procedure=PROCEDURE,
    stage=Stage.APPRAISAL,
    clock=ClockEffect.RESTART,
    items=tuple(
        SupplementItem(
            name,
            what="bổ sung chữ ký của chủ nhiệm thiết kế và số chứng chỉ còn hiệu lực" if i % 2 else "",
            form=FORMS[i % 4],
            quantity=1,
        )
        for i, name in enumerate(PAPER_NAMES[2:8])
    ),
    reasons=(
        "Chứng chỉ hành nghề của chủ trì thiết kế kết cấu đã hết hiệu lực ngày 31/08/2023",
        "Bản vẽ mặt bằng móng chưa thể hiện ranh giới với công trình liền kề theo quy định",
    ),
    grounds=("Điều 89, Điều 95 Luật Xây dựng", "khoản 4 Điều 19 Nghị định số 61/2018/NĐ-CP"),
    answer_by=at(1, 17, month=11),
    guide_name="Bùi Quang Nghĩa",
    contact_name="ông Bùi Quang Nghĩa",
    made_at=at(12, 14, 30),
)
REFUSAL = papers.Refusal(
    office=OFFICE,
    dossier_code=CODE,
    owner=OWNER,
    procedure="Chuyển mục đích sử dụng đất phải được phép của cơ quan nhà nước có thẩm quyền",
    reasons=(
        "Hồ sơ không thuộc thẩm quyền giải quyết của Ủy ban nhân dân phường: thửa đất số 117, tờ bản đồ số 9 "
        "thuộc thẩm quyền của Ủy ban nhân dân thị xã Kinh Môn",
        "Giấy chứng nhận quyền sử dụng đất đang bị kê biên theo Quyết định số 15/QĐ-CCTHADS ngày 05/9/2023",
    ),
    grounds=("Điều 59 Luật Đất đai năm 2013", "khoản 2 Điều 17 Nghị định số 61/2018/NĐ-CP"),
    guidance="Nộp hồ sơ tại Bộ phận Tiếp nhận và Trả kết quả thị xã Kinh Môn, phường An Lưu, sau khi việc kê "
    "biên được giải tỏa.",
    receiver_name="Phạm Thị Hồng Thắm",
    made_at=at(2, 9, 15),
)
LEADER = Signer(
    prefixes=("TM. Ủy ban nhân dân", "KT. Chủ tịch"), position="Phó Chủ tịch", name="Đỗ Nguyễn Trường Giang"
)
APOLOGY = papers.Apology(
    office=OFFICE,
    dossier_code=CODE,
    owner=OWNER,
    procedure=PROCEDURE,
    received_at=at(2),
    due_at=at(30, 17),
    new_due_at=at(7, 17, month=11),
    reason="chưa nhận được văn bản tham gia ý kiến của Phòng Cảnh sát phòng cháy, chữa cháy và cứu nạn, "
    "cứu hộ.",
    signer=LEADER,
    made_at=at(26, 15),
    recipients=("Như trên", "Bộ phận Tiếp nhận và Trả kết quả phường", "Lưu: VT, HS"),
)
STOP = papers.StopNotice(
    office=OFFICE,
    dossier_code=CODE,
    owner=OWNER,
    procedure=PROCEDURE,
    received_at=at(2),
    stage="Thẩm định hồ sơ",
    asked_by="người nộp hồ sơ (đơn đề nghị rút hồ sơ ngày 09/10/2023)",
    reason="thay đổi phương án thiết kế, sẽ nộp lại hồ sơ sau khi hoàn thiện bản vẽ.",
    decision_taken=False,
    signer=LEADER,
    made_at=at(10, 10),
    refund=75_000,
    papers_returned=PAPER_NAMES[:5],
    recipients=("Như trên", "Lưu: VT, HS"),
)
CONTROL = papers.ControlSlip(
    office=OFFICE,
    dossier_code=CODE,
    owner=OWNER,
    procedure=PROCEDURE,
    received_at=at(2),
    due_at=at(30, 17),
    hand_overs=tuple(
        HandOver(
            giver_unit="Bộ phận Tiếp nhận và Trả kết quả thị xã Kinh Môn",
            giver_name="Phạm Thị Hồng Thắm",
            receiver_unit="Phòng Quản lý đô thị thị xã Kinh Môn",
            receiver_name="Bùi Quang Nghĩa",
            at=at(2 + i, 9, 5 * i),
            result=(StepResult.EARLY, StepResult.ON_TIME, StepResult.LATE)[i % 3] if i else None,
            step=f"Bước {i + 1}. Thẩm định hồ sơ, kiểm tra thực địa",
            note="Chờ ý kiến cơ quan phòng cháy, chữa cháy" if i == 5 else "",
        )
        for i in range(11)
    ),
    made_at=at(31, 8),
)
REGISTER = papers.Register(
    office=OFFICE,
    scope="Tất cả lĩnh vực",
    year=2023,
    volume="01",
    first_day=date(2023, 1, 1),
    last_day=date(2023, 12, 31),
    rows=tuple(
        RegisterRow(
            dossier_code=f"H23.117.09-231002-{i + 1:04d}",
            procedure=PROCEDURE if i % 4 == 0 else "Đăng ký khai sinh",
            owner=COMPANY if i % 5 == 0 else OWNER,
            authority="Ủy ban nhân dân phường Tân Dân",
            received_at=at(2, 8, i),
            due_at=None if i == 3 else at(30, 17),
            ready_at=at(27, 10) if i % 2 else None,
            returned_at=at(30, 8, 30) if i % 2 else None,
            channel="Trực tiếp" if i % 2 else "Bưu chính công ích",
            collector="Trần Đình Khuê" if i % 2 else "",
            note="Bổ sung ngày 12/10" if i % 6 == 0 else "",
        )
        for i in range(40)
    ),
    made_at=at(31, 16, month=12),
    keeper_name="Phạm Thị Hồng Thắm",
)
HEAD = Letterhead(
    parent="Ủy ban nhân dân thị xã Kinh Môn",
    agency="Ủy ban nhân dân phường Tân Dân",
    place="Tân Dân",
    address=OFFICE.address,
    phone=OFFICE.phone,
    website=OFFICE.website,
)
REFUSAL_DECISION = papers.RefusalDecision(
    head=HEAD,
    dossier_code=CODE,
    owner=OWNER,
    procedure="Xác nhận tình trạng hôn nhân",
    received_at=at(2),
    issued_on=date(2023, 10, 4),
    reasons=(
        "Tại thời điểm nộp hồ sơ, Ông/Bà đang có quan hệ hôn nhân hợp pháp theo Giấy chứng nhận kết hôn "
        "số 27/2016 "
        "do Ủy ban nhân dân xã Tân Dân cấp ngày 15/3/2016, chưa có bản án, quyết định ly hôn có hiệu lực.",
        "Thông tin về tình trạng hôn nhân trong tờ khai không thống nhất với Cơ sở dữ liệu hộ tịch điện tử.",
    ),
    signer=LEADER,
    grounds=(
        "Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015",
        "Luật Hộ tịch ngày 20 tháng 11 năm 2014",
        "Nghị định số 123/2015/NĐ-CP ngày 15 tháng 11 năm 2015 của Chính phủ quy định chi tiết một số "
        "điều và "
        "biện pháp thi hành Luật Hộ tịch",
    ),
    findings="Công chức tư pháp - hộ tịch đã kiểm tra hồ sơ, tra cứu Cơ sở dữ liệu hộ tịch điện tử ngày "
    "03/10/2023.",
    guidance="Ông/Bà có thể nộp lại hồ sơ khi có bản án, quyết định ly hôn đã có hiệu lực pháp luật và "
    "bản trích "
    "lục ghi chú việc ly hôn.",
    appeal="Nếu không đồng ý với nội dung Thông báo này, Ông/Bà có quyền khiếu nại đến Chủ tịch Ủy ban "
    "nhân dân "
    "phường Tân Dân hoặc khởi kiện vụ án hành chính theo quy định của pháp luật.",
    recipients=("Như trên", "Bộ phận Tiếp nhận và Trả kết quả phường", "Lưu: VT, TP-HT"),
    verify_url=f"https://dichvucong.haiduong.example/kiem-tra/{CODE}",
)
RESULT = papers.ResultDocument(
    head=HEAD,
    dossier_code=CODE,
    type_name="Giấy xác nhận tình trạng hôn nhân",
    abstract="",
    issued_on=date(2023, 10, 5),
    opening="Xét đề nghị của bà Nguyễn Hoàng Thị Phương Quỳnh về việc cấp Giấy xác nhận tình trạng hôn nhân,",
    groups=(
        EntryGroup(
            "",
            (
                Entry("Họ, chữ đệm, tên", "Nguyễn Hoàng Thị Phương Quỳnh"),
                Entry("Ngày, tháng, năm sinh", "17/02/1990"),
                Entry("Giới tính", "Nữ"),
                Entry("Dân tộc", "Kinh"),
                Entry("Quốc tịch", "Việt Nam"),
                Entry("Số định danh cá nhân", "030190001234"),
                Entry("Nơi cư trú", OWNER.address),
                Entry("Tình trạng hôn nhân", "Hiện tại chưa đăng ký kết hôn với ai"),
                Entry("Mục đích sử dụng", "Để làm thủ tục mua bán nhà ở và quyền sử dụng đất"),
            ),
        ),
    ),
    paragraphs=("Giấy này có giá trị sử dụng trong thời hạn 6 tháng kể từ ngày cấp.",),
    signer=LEADER,
    valid_to=date(2024, 4, 5),
    recipients=("Người đề nghị", "Lưu: VT, TP-HT"),
    verify_url=f"https://dichvucong.haiduong.example/kiem-tra/{CODE}",
)
DECISION = papers.ResultDocument(
    head=Letterhead(
        agency="Ủy ban nhân dân thị xã Kinh Môn",
        parent="",
        place="Kinh Môn",
        address="Phường An Lưu, thị xã Kinh Môn, tỉnh Hải Dương",
        phone="0220.0000.300",
    ),
    dossier_code=CODE,
    type_name="Quyết định",
    abstract="Về việc cho phép chuyển mục đích sử dụng đất của hộ gia đình, cá nhân",
    issued_on=date(2023, 1, 9),
    grounds=(
        "Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015; Luật sửa đổi, bổ sung một số điều "
        "của Luật "
        "Tổ chức Chính phủ và Luật Tổ chức chính quyền địa phương ngày 22 tháng 11 năm 2019",
        "Luật Đất đai ngày 29 tháng 11 năm 2013",
        "Nghị định số 43/2014/NĐ-CP ngày 15 tháng 5 năm 2014 của Chính phủ",
    ),
    authority="Chủ tịch Ủy ban nhân dân thị xã Kinh Môn",
    enacting="QUYẾT ĐỊNH:",
    groups=(
        EntryGroup(
            "Thông tin thửa đất",
            (
                Entry("Người sử dụng đất", OWNER.name),
                Entry("Thửa đất số, tờ bản đồ số", "117, tờ bản đồ số 9"),
                Entry("Địa chỉ thửa đất", OWNER.address),
                Entry("Diện tích chuyển mục đích", "120,5 m²"),
                Entry("Từ loại đất", "Đất trồng cây lâu năm (CLN)"),
                Entry("Sang loại đất", "Đất ở tại đô thị (ODT)"),
                Entry("Thời hạn sử dụng", "Lâu dài"),
            ),
        ),
    ),
    paragraphs=(
        "Điều 1. Cho phép bà Nguyễn Hoàng Thị Phương Quỳnh được chuyển mục đích sử dụng 120,5 m² đất nêu "
        "trên.",
        "Điều 2. Giao Phòng Tài nguyên và Môi trường hướng dẫn người sử dụng đất thực hiện nghĩa vụ tài "
        "chính, xác "
        "định cụ thể mốc giới và giao đất trên thực địa, chỉnh lý hồ sơ địa chính theo quy định.",
        "Điều 3. Quyết định này có hiệu lực kể từ ngày ký. Chánh Văn phòng Hội đồng nhân dân và Ủy ban "
        "nhân dân thị "
        "xã, Trưởng phòng Tài nguyên và Môi trường, Chủ tịch Ủy ban nhân dân phường Tân Dân và người sử "
        "dụng đất có "
        "tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.",
    ),
    signer=LEADER,
    recipients=("Như Điều 3", "Chi nhánh Văn phòng Đăng ký đất đai", "Lưu: VT, TNMT"),
    verify_url=f"https://dichvucong.haiduong.example/kiem-tra/{CODE}",
)
BORROWED = papers.BorrowedOriginals(
    office=OFFICE,
    dossier_code=CODE,
    owner=OWNER,
    submitter=SUBMITTER,
    procedure=PROCEDURE,
    items=(
        Original(
            PAPER_NAMES[1], "CS 00117", "Sở Tài nguyên và Môi trường", date(2018, 3, 7), 2, "Nguyên vẹn"
        ),
        Original(
            PAPER_NAMES[7], "15/TD-PCCC", "Công an tỉnh Hải Dương", date(2022, 11, 1), 3, "Rách mép nhẹ"
        ),
    ),
    purpose="đối chiếu, số hóa và chuyển cơ quan thẩm định",
    borrowed_at=at(2),
    return_by=at(5, 17),
    receiver_name="Phạm Thị Hồng Thắm",
)
END_OF_DAY = papers.EndOfDay(
    office=OFFICE,
    day=date(2023, 10, 2),
    officer_name="Phạm Thị Hồng Thắm",
    made_at=at(2, 17),
    received=27,
    received_online=19,
    returned=14,
    not_digitised=tuple(
        OpenDossier(
            f"H23.117.09-231002-{i:04d}",
            PROCEDURE if i == 1 else "Đăng ký lại khai sinh",
            OWNER.name,
            at(2, 8 + i),
            "Giấy chứng nhận quyền sử dụng đất (2 tờ)",
        )
        for i in range(1, 4)
    ),
    not_forwarded=(
        OpenDossier(
            CODE,
            PROCEDURE,
            COMPANY.name,
            at(2, 15, 20),
            "Phòng Quản lý đô thị, chậm nhất đầu giờ ngày 03/10/2023",
            "Phạm Thị Hồng Thắm",
        ),
    ),
    fees=tuple(
        FeeTaken(
            f"{i + 1:02d}/BL",
            f"H23.117.09-231002-{i + 1:04d}",
            OWNER.name,
            "Bản sao trích lục hộ tịch",
            "Phí" if i % 2 else "Lệ phí",
            "Tiền mặt" if i % 3 else "Trực tuyến",
            8_000 * (i + 1),
            at(2, 8 + i % 8, 10),
        )
        for i in range(9)
    ),
)

OPINION_REQUEST = papers.OpinionRequest(
    head=HEAD,
    dossier_code=CODE,
    procedure="Đăng ký nhận cha, mẹ, con",
    owner=OWNER,
    received_at=at(2),
    lead="Công chức Tư pháp - Hộ tịch phường Tân Dân",
    asked=("Ủy ban nhân dân phường An Lưu", "Công an phường Tân Dân"),
    content="Đề nghị xác nhận nơi cư trú của người yêu cầu từ năm 2016 đến năm 2020.\nGửi kèm bản sao sổ nếu có.",
    answer_by=at(4, 17),
    signer=papers.Signer("Công chức Tư pháp - Hộ tịch", "Đỗ Xuân Phong"),
    issued_on=date(2023, 10, 2),
    recipients=("Như trên", "Bộ phận Tiếp nhận và Trả kết quả phường"),
    verify_url=f"https://dichvucong.haiduong.example/kiem-tra/{CODE}",
)

CORRECTION_NOTICE = papers.CorrectionNotice(
    head=HEAD,
    dossier_code=CODE,
    owner=OWNER,
    procedure="Cấp Giấy xác nhận tình trạng hôn nhân",
    old_title="Giấy xác nhận tình trạng hôn nhân",
    old_number="15/KQ",
    old_issued_on=date(2023, 10, 2),
    ground="Kết quả ghi sai so với hồ sơ đã nộp",
    basis="Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư",
    reason="Ngày sinh ghi trên giấy không đúng với giấy khai sinh đã nộp.",
    due_at=at(4, 17),
    issued_on=date(2023, 10, 2),
    signer=papers.Signer("CHỦ TỊCH", "Đỗ Xuân Phong", ("TM. ỦY BAN NHÂN DÂN",)),
    apology=True,
    recipients=("Như trên", "Bộ phận Tiếp nhận và Trả kết quả phường"),
    verify_url=f"https://dichvucong.haiduong.example/kiem-tra/{CODE}",
)

DRAFT = papers.DraftPaper(
    head=HEAD,
    dossier_code=CODE,
    title="Tờ trình",
    abstract="Về việc giải quyết hồ sơ Cấp Giấy xác nhận tình trạng hôn nhân",
    paragraphs=("Kính trình người có thẩm quyền xem xét, ký kết quả cho ông Nguyễn Quang Điệp.",),
    made_at=at(2, 10),
    issued_on=date(2023, 10, 2),
    groups=(papers.EntryGroup("Người yêu cầu", (papers.Entry("Họ tên", "Nguyễn Quang Điệp"),)),),
    verify_url=f"https://dichvucong.haiduong.example/kiem-tra/{CODE}",
)

_LETTER: dict[str, Any] = {
    "head": HEAD,
    "signer": papers.Signer("CHỦ TỊCH", "Đỗ Xuân Phong", ("TM. ỦY BAN NHÂN DÂN",)),
    "issued_on": date(2023, 10, 9),
    "figures": ("7 hồ sơ giải quyết quá hạn", "2 lần yêu cầu giấy tờ ngoài danh mục"),
    "recipients": ("Như trên", "Lưu: hồ sơ theo dõi"),
}
REMINDER = papers.Reminder(
    abstract="Nhắc nhở về việc giải quyết thủ tục hành chính",
    to=("Ông/bà Phạm Thị Hồng Thắm, Bộ phận Tiếp nhận và Trả kết quả",),
    paragraphs=("Nhắc nhở bà Phạm Thị Hồng Thắm nghiêm túc rút kinh nghiệm, không để việc này lặp lại.",),
    **_LETTER,
)
CASE_PROPOSAL = papers.CaseProposal(
    abstract="Xử lý việc để chậm, muộn nhiều lần",
    to=("Chủ tịch Ủy ban nhân dân phường",),
    paragraphs=("Ba lần nhắc nhở trong 90 ngày.", "Đề nghị phê bình trước cơ quan, theo dõi trong ba tháng."),
    **_LETTER,
)

HAND_OVER_LIST = papers.HandOverList(
    office=OFFICE,
    receiver="Phòng Tư pháp thị xã Kinh Môn",
    rows=tuple(
        papers.HandOverListRow(f"H23.117.09-231002-{i:04d}", PROCEDURE, OWNER.name, i) for i in range(1, 6)
    ),
    giver_name="Phạm Thị Hồng Thắm",
    made_at=at(2, 15),
    remark="Chuyển cùng túi hồ sơ số 3",
    verify_url="https://motcua.example/can-bo/phieu-ban-giao/12/",
)

SITE_MINUTES = papers.SiteMinutes(
    head=HEAD,
    dossier_code=CODE,
    procedure="Đăng ký nhận cha, mẹ, con",
    owner=OWNER,
    began_at=at(4, 8),
    ended_at=at(4, 10),
    place="Nhà số 12, tổ dân phố Hạ Chiểu 1, phường Tân Dân",
    participants=(
        papers.SiteParticipant("Đỗ Xuân Phong", "công chức Tư pháp - Hộ tịch phường"),
        papers.SiteParticipant("Nguyễn Văn Hùng", "tổ trưởng tổ dân phố"),
        papers.SiteParticipant("Trần Thị Mai", "chủ hồ sơ"),
    ),
    findings="Gia đình sống tại địa chỉ nêu trên từ năm 2016.\nHai hộ liền kề xác nhận đúng.",
    conclusion="Nội dung khai trong tờ khai phù hợp với thực tế.",
    signer=papers.Signer("Công chức Tư pháp - Hộ tịch", "Đỗ Xuân Phong"),
    issued_on=date(2023, 10, 4),
    purpose="Nơi cư trú thực tế của gia đình người yêu cầu.",
    files=3,
    verify_url=f"https://dichvucong.haiduong.example/kiem-tra/{CODE}",
)

ALL: dict[str, papers.Paper] = {
    "slip": SLIP,
    "slip-short": SHORT_SLIP,
    "supplement_request": SUPPLEMENT,
    "refusal": REFUSAL,
    "apology": APOLOGY,
    "stop_notice": STOP,
    "control_slip": CONTROL,
    "register": REGISTER,
    "refusal_decision": REFUSAL_DECISION,
    "result": RESULT,
    "result-decision": DECISION,
    "borrowed_originals": BORROWED,
    "end_of_day": END_OF_DAY,
    "opinion_request": OPINION_REQUEST,
    "site_minutes": SITE_MINUTES,
    "hand_over_list": HAND_OVER_LIST,
    "reminder": REMINDER,
    "case_proposal": CASE_PROPOSAL,
    "correction_notice": CORRECTION_NOTICE,
    "draft": DRAFT,
}
