// The editor of processes: bpmn-js draws, this gives it our properties, Vietnamese words, checks and saving.
"use strict";
(function () {
  var root = document.getElementById("bien-soan");
  if (!root || !window.BpmnJS) { return; }

  // What our extension elements are (namespace urn:motcua:bpmn:1); the server reads and writes the same.
  function attribute(name) { return { name: name, isAttr: true, type: "String" }; }
  var OURS = {
    name: "motcua", uri: "urn:motcua:bpmn:1", prefix: "mc", xml: { tagAlias: "lowerCase" }, associations: [],
    types: [
      { name: "Process", superClass: ["Element"], properties: ["variant", "decidedBy", "levels"].map(attribute) },
      { name: "Way", superClass: ["Element"], properties: ["key", "outcome", "flow"].map(attribute) },
      { name: "Asked", superClass: ["Element"],
        properties: ["unitKind", "role", "hours", "about", "onSilence"].map(attribute) },
      { name: "FormPart", superClass: ["Element"], properties: [attribute("ref")] },
      { name: "Print", superClass: ["Element"], properties: [attribute("ref")] },
      { name: "Ask", superClass: ["Element"], properties: [attribute("ref")] },
      { name: "NotBy", superClass: ["Element"], properties: [attribute("ref")] },
      { name: "Signer", superClass: ["Element"], properties: ["position", "username", "from", "to"].map(attribute) },
      { name: "Step", superClass: ["Element"],
        properties: ["key", "no", "unitKind", "role", "hours", "about", "onSilence", "wait", "end", "ref", "marks",
          "note", "enough", "auto", "answer", "otherwise", "days", "on", "onSite"].map(attribute).concat([
          { name: "asks", type: "Ask", isMany: true },
          { name: "asked", type: "Asked", isMany: true },
          { name: "formParts", type: "FormPart", isMany: true },
          { name: "prints", type: "Print", isMany: true },
          { name: "notBy", type: "NotBy", isMany: true },
          { name: "signers", type: "Signer", isMany: true }]) }
    ]
  };
  var WORDS = {
    "Activate hand tool": "Di chuyển vùng nhìn", "Activate lasso tool": "Chọn nhiều phần tử",
    "Activate create/remove space tool": "Nới, thu khoảng trống", "Activate global connect tool": "Nối hai phần tử",
    "Create start event": "Thêm điểm bắt đầu", "Create end event": "Thêm điểm kết thúc",
    "Create intermediate/boundary event": "Thêm sự kiện", "Create gateway": "Thêm cổng rẽ nhánh",
    "Create task": "Thêm bước", "Create expanded sub-process": "Thêm tiến trình con",
    "Create data object reference": "Thêm dữ liệu", "Create data store reference": "Thêm kho dữ liệu",
    "Create pool/participant": "Thêm khung đơn vị", "Create group": "Thêm nhóm", "Append end event": "Nối điểm kết thúc",
    "Append gateway": "Nối cổng rẽ nhánh", "Append task": "Nối bước",
    "Append intermediate/boundary event": "Nối sự kiện", "Add text annotation": "Thêm ghi chú", "Change element": "Đổi loại",
    "Connect to other element": "Nối với phần tử khác", "Delete": "Xóa", "Remove": "Bỏ", "Search in diagram": "Tìm trên sơ đồ",
    "Connect using sequence/message flow or association": "Nối đường đi", "User task": "Bước của người xử lý",
    "Service task": "Bước tự động", "Send task": "Bước gửi tin", "Receive task": "Bước nhận tin", "Task": "Bước",
    "Call activity": "Gọi quy trình khác", "Exclusive gateway": "Cổng chọn một nhánh", "Parallel gateway": "Cổng song song",
    "Inclusive gateway": "Cổng chọn nhiều nhánh", "End event": "Điểm kết thúc", "Start event": "Điểm bắt đầu",
    "Error end event": "Kết thúc lỗi", "Terminate end event": "Kết thúc, dừng tất cả",
    "Timer intermediate catch event": "Chờ đến giờ", "Message intermediate catch event": "Chờ bên ngoài",
    "Timer boundary event": "Hẹn giờ, ngắt bước", "Timer boundary event (non-interrupting)": "Hẹn giờ, không ngắt bước",
    "Message boundary event": "Tin đến, ngắt bước", "Error boundary event": "Khi bước tự động lỗi",
    "Message boundary event (non-interrupting)": "Tin đến, không ngắt bước", "Sequence flow": "Đường đi",
    "Default flow": "Nhánh mặc định", "Conditional flow": "Nhánh có điều kiện", "Parallel multi-instance": "Nhiều đơn vị cùng làm",
    "Toggle non-interrupting": "Không ngắt bước", "Align elements": "Căn thẳng hàng", "Set color": "Đặt màu"
  };
  function translate(template, values) {
    return (WORDS[template] || template).replace(/{([^}]+)}/g, function (all, key) {
      return values && key in values ? values[key] : all;
    });
  }

  var lists = JSON.parse(document.getElementById("danh-muc").textContent);
  var modeler = new window.BpmnJS({
    container: document.getElementById("so-do"),
    moddleExtensions: { mc: OURS },
    additionalModules: [{ translate: ["value", translate] }]
  });
  // The menu of kinds offers what the engine reads: that is what has a name here.
  var NAMED = Object.keys(WORDS).map(function (key) { return WORDS[key]; });
  function named(entries) {
    Object.keys(entries).forEach(function (id) {
      if (NAMED.indexOf(entries[id].label || entries[id].title) < 0) { delete entries[id]; }
    });
    return entries;
  }
  modeler.get("popupMenu").registerProvider("bpmn-replace", 500, {
    getPopupMenuEntries: function () { return named; }, getPopupMenuHeaderEntries: function () { return named; }
  });
  var modeling = modeler.get("modeling"), factory = modeler.get("bpmnFactory"), registry = modeler.get("elementRegistry");
  var canvas = modeler.get("canvas"), selection = modeler.get("selection"), stack = modeler.get("commandStack");
  function whole() { canvas.zoom("fit-viewport", "auto"); canvas.zoom(canvas.zoom() * 0.93, "auto"); }
  var panel = document.getElementById("thuoc-tinh"), said = document.getElementById("tinh-trang");
  var faults = document.getElementById("loi");
  var revision = root.dataset.revision, key = root.dataset.key, changed = false, waiting = 0, asked = 0, shown = null;
  var token = document.querySelector("input[name=csrfmiddlewaretoken]").value;

  // Properties ---------------------------------------------------------------------------------------------------

  function is(element, name) { return !!element && !!element.businessObject && element.businessObject.$instanceOf("bpmn:" + name); }
  function own(object, type) {
    var held = object.extensionElements && object.extensionElements.values || [];
    return held.find(function (item) { return item.$type === type; });
  }
  function ensure(element, type) {
    var object = element.businessObject, holder = object.extensionElements, found = own(object, type);
    if (found) { return found; }
    found = factory.create(type, {});
    var values = (holder && holder.values || []).concat([found]);
    var fresh = factory.create("bpmn:ExtensionElements", { values: values });
    fresh.$parent = object; values.forEach(function (item) { item.$parent = fresh; });
    modeling.updateProperties(element, { extensionElements: fresh });
    return found;
  }
  function set(element, type, values) { modeling.updateModdleProperties(element, ensure(element, type), values); }
  function get(element, type, name) { var held = own(element.businessObject, type); return held && held.get(name) || ""; }
  function expression(text) { return text ? factory.create("bpmn:FormalExpression", { body: text }) : undefined; }

  var count = 0;
  function field(label, input, help) {
    var box = document.createElement("div"), title = document.createElement("label");
    count += 1; box.className = "field"; input.id = "tt-" + count;
    title.className = "field__label"; title.htmlFor = input.id; title.textContent = label; box.appendChild(title);
    if (help) {
      var more = document.createElement("span");
      more.className = "field__help"; more.id = input.id + "-help"; more.textContent = help;
      input.setAttribute("aria-describedby", more.id); box.appendChild(more);
    }
    box.appendChild(input);
    return box;
  }
  function text(value, keep, list) {
    var input = document.createElement("input");
    input.className = "input"; input.value = value; if (list) { input.setAttribute("list", list); }
    input.addEventListener("change", function () { keep(input.value.trim()); });
    return input;
  }
  function choice(value, options, keep, blank) {
    var input = document.createElement("select");
    input.className = "select";
    [["", blank || "Chưa chọn"]].concat(options).forEach(function (pair) {
      var option = document.createElement("option");
      option.value = pair[0]; option.textContent = pair[1]; option.selected = pair[0] === value; input.appendChild(option);
    });
    input.addEventListener("change", function () { keep(input.value); });
    return input;
  }
  function tick(label, on, keep) {
    var box = document.createElement("div"), input = document.createElement("input"), title = document.createElement("label");
    count += 1; box.className = "choice"; input.type = "checkbox"; input.id = "tt-" + count; input.checked = on;
    title.htmlFor = input.id; title.textContent = label; box.appendChild(input); box.appendChild(title);
    input.addEventListener("change", function () { keep(input.checked); });
    return box;
  }
  function button(label, act) {
    var input = document.createElement("button");
    input.type = "button"; input.className = "btn btn--quiet btn--small"; input.textContent = label;
    input.addEventListener("click", act);
    return input;
  }
  function datalist() {
    var list = document.createElement("datalist");
    list.id = "ds-ket-cuc";
    lists.outcomes.forEach(function (pair) {
      var option = document.createElement("option");
      option.value = pair[0]; option.textContent = pair[1]; list.appendChild(option);
    });
    document.body.appendChild(list);
    list = document.createElement("datalist");
    list.id = "ds-thong-tin";
    lists.facts.forEach(function (pair) {
      var option = document.createElement("option");
      option.value = pair[0]; option.textContent = pair[1]; list.appendChild(option);
    });
    document.body.appendChild(list);
  }
  function number(value) { return value.replace(",", "."); }
  function plain(value) { return String(value).replace(".", ","); }

  var SILENCE = [["agree", "Coi như đồng ý"], ["not_allowed", "Phải có ý kiến"]];
  var WAITS = [["applicant", "Chờ người nộp (tạm dừng hạn)"], ["payment", "Chờ nghĩa vụ tài chính (tạm dừng hạn)"],
    ["external", "Chờ cơ quan khác"]];
  var MARKS = [["reception", "Tiếp nhận"], ["decision", "Ký, quyết định"], ["issue", "Ban hành"], ["handover", "Trả kết quả"]];
  var FLOWS = [["forward", "Đi tiếp"], ["negative", "Kết cục không thuận"], ["back", "Quay lại"], ["wait", "Chờ"],
    ["extend", "Xin lỗi, hẹn lại (ở nguyên bước)"]];

  function many(element, box) {
    var step = own(element.businessObject, "mc:Step"), units = step && step.get("asked") || [];
    function keep(values) {
      set(element, "mc:Step", { asked: values });
      values.forEach(function (item) { item.$parent = own(element.businessObject, "mc:Step"); });
      var marker = element.businessObject.loopCharacteristics;
      if (values.length && !marker) {
        modeling.updateProperties(element, { loopCharacteristics: factory.create("bpmn:MultiInstanceLoopCharacteristics") });
      } else if (!values.length && marker) {
        modeling.updateProperties(element, { loopCharacteristics: undefined });
      }
      draw(element);
    }
    var title = document.createElement("h3");
    title.textContent = "Nhiều đơn vị cùng làm"; box.appendChild(title);
    units.forEach(function (unit, place) {
      var one = document.createElement("div");
      one.className = "asked";
      one.appendChild(field("Đơn vị " + (place + 1), choice(unit.get("unitKind") || "", lists.units, function (value) {
        modeling.updateModdleProperties(element, unit, { unitKind: value }); })));
      one.appendChild(field("Hỏi về việc", text(unit.get("about") || "", function (value) {
        modeling.updateModdleProperties(element, unit, { about: value || undefined }); })));
      one.appendChild(field("Giờ làm việc", text(plain(unit.get("hours") || ""), function (value) {
        modeling.updateModdleProperties(element, unit, { hours: number(value) || undefined }); })));
      one.appendChild(field("Quá hạn không trả lời", choice(unit.get("onSilence") || "", SILENCE, function (value) {
        modeling.updateModdleProperties(element, unit, { onSilence: value || undefined }); })));
      one.appendChild(button("Bỏ đơn vị " + (place + 1), function () {
        keep(units.filter(function (item) { return item !== unit; })); }));
      box.appendChild(one);
    });
    box.appendChild(button("Thêm đơn vị cùng làm", function () { keep(units.concat([factory.create("mc:Asked", {})])); }));
    if (units.length > 1) {
      box.appendChild(field("Đủ bao nhiêu ý kiến thì đi tiếp", text(get(element, "mc:Step", "enough"), function (value) {
        set(element, "mc:Step", { enough: value || undefined }); }), "Để trống: phải đủ mọi đơn vị."));
    }
  }

  function list(element, name, values) {
    var change = {};
    change[name] = values;
    set(element, "mc:Step", change);
    values.forEach(function (item) { item.$parent = own(element.businessObject, "mc:Step"); });
  }

  // Boxes for what a step names of a list: each tick is an element of its own in the step.
  function picks(element, box, words, options, name, type) {
    if (!options.length) { return; }
    var title = document.createElement("h3");
    title.textContent = words; box.appendChild(title);
    function held() { var step = own(element.businessObject, "mc:Step"); return step && step.get(name) || []; }
    options.forEach(function (pair) {
      box.appendChild(tick(pair[1], held().some(function (item) { return item.get("ref") === pair[0]; }), function (on) {
        var kept = held().filter(function (item) { return item.get("ref") !== pair[0]; });
        list(element, name, on ? kept.concat([factory.create(type, { ref: pair[0] })]) : kept);
      }));
    });
  }
  function prints(element, box) {
    picks(element, box, "Giấy tờ hệ thống lập khi xong bước", lists.papers, "prints", "mc:Print");
  }

  // Who may not do a step because of another one they did, and who signs it.
  function hands(element, box) {
    var others = registry.filter(function (other) {
      return other !== element && (is(other, "UserTask") || other.type === "bpmn:Task") && other.type !== "label";
    });
    picks(element, box, "Không do người đã làm bước", others.map(function (other) {
      return [other.id, other.businessObject.name || other.id]; }), "notBy", "mc:NotBy");
    var who = document.createElement("h3"), step = own(element.businessObject, "mc:Step");
    var signers = step && step.get("signers") || [];
    who.textContent = "Người ký"; box.appendChild(who);
    signers.forEach(function (signer, place) {
      var one = document.createElement("div");
      one.className = "asked";
      [["position", "Chức vụ", ""], ["username", "Hoặc tài khoản của một người", ""],
        ["from", "Từ ngày", "Ghi năm-tháng-ngày, như 2026-07-01; để trống là không giới hạn."], ["to", "Đến hết ngày", ""]
      ].forEach(function (row) {
        one.appendChild(field(row[1], text(signer.get(row[0]) || "", function (value) {
          var change = {};
          change[row[0]] = value || undefined;
          modeling.updateModdleProperties(element, signer, change);
        }), row[2]));
      });
      one.appendChild(button("Bỏ người ký " + (place + 1), function () {
        list(element, "signers", signers.filter(function (item) { return item !== signer; })); draw(element); }));
      box.appendChild(one);
    });
    box.appendChild(button("Thêm người ký", function () {
      list(element, "signers", signers.concat([factory.create("mc:Signer", {})])); draw(element); }));
  }

  function event(element, box) {
    var object = element.businessObject, defined = object.eventDefinitions && object.eventDefinitions[0];
    if (is(element, "EndEvent") && (!defined || defined.$type === "bpmn:TerminateEventDefinition")) {
      box.appendChild(field("Kết thúc thế nào", choice(get(element, "mc:Step", "end") || "done",
        [["done", "Có kết quả"], ["refused", "Từ chối tiếp nhận"]], function (value) { set(element, "mc:Step", { end: value || undefined }); })));
    } else if (defined && defined.$type === "bpmn:TimerEventDefinition") {
      timer(element, defined, box);
    } else if (defined && defined.$type === "bpmn:ErrorEventDefinition") {
      note(box, "Đường đi khi bước tự động bị từ chối hẳn, hoặc khi quy trình được gọi kết thúc bằng lỗi hay từ chối.");
    } else if (is(element, "BoundaryEvent")) {
      messageName(element, box);
    } else if (is(element, "IntermediateCatchEvent")) {
      box.appendChild(field("Chờ ai", choice(get(element, "mc:Step", "wait"), WAITS, function (value) {
        set(element, "mc:Step", { wait: value || undefined }); draw(element); }, "Thông điệp từ hệ thống khác")));
      if (!get(element, "mc:Step", "wait")) { messageName(element, box); }
    }
  }

  function note(box, words) {
    var line = document.createElement("p");
    line.className = "muted small"; line.textContent = words; box.appendChild(line);
  }
  function messageName(element, box) {
    box.appendChild(field("Tên thông điệp", text(get(element, "mc:Step", "ref"), function (value) {
      set(element, "mc:Step", { ref: value || undefined }); }), "Viết liền không dấu, ví dụ thue_da_nop; bên gửi dùng đúng tên này."));
  }

  // A moment: working hours, working days, or a day (a date, or the name of a fact that holds one).
  function timer(element, defined, box) {
    var duration = defined.timeDuration && defined.timeDuration.body || "", day = defined.timeDate && defined.timeDate.body || "";
    var hours = /^PT([0-9.]+)H$/.exec(duration), days = /^P([0-9]+)D$/.exec(duration);
    var way = day ? "on" : days ? "days" : "hours";
    var value = day || days && days[1] || plain(hours && hours[1] !== "0" ? hours[1] : get(element, "mc:Step", "hours"));
    function keep(how, kept) {
      modeling.updateModdleProperties(element, defined, {
        timeDuration: how === "on" || !kept ? undefined : expression(how === "days" ? "P" + kept + "D" : "PT" + number(kept) + "H"),
        timeDate: how === "on" && kept ? expression(kept) : undefined });
      set(element, "mc:Step", { hours: how === "hours" && kept ? number(kept) : undefined,
        days: how === "days" && kept ? kept : undefined, on: how === "on" && kept ? kept : undefined });
    }
    box.appendChild(field("Cách hẹn", choice(way, [["hours", "Sau số giờ làm việc"], ["days", "Sau số ngày làm việc"],
      ["on", "Đến một ngày"]], function (picked) { value = ""; way = picked || "hours"; keep(way, ""); draw2(); }, "Sau số giờ làm việc")));
    var holder = document.createElement("div");
    box.appendChild(holder);
    function draw2() {
      var words = way === "days" ? "Số ngày làm việc" : way === "on" ? "Ngày" : "Số giờ làm việc";
      holder.textContent = "";
      holder.appendChild(field(words, text(value, function (kept) { value = kept; keep(way, kept); }, way === "on" ? "ds-thong-tin" : null),
        way === "on" ? "Ghi năm-tháng-ngày như 2026-12-31, hoặc tên một thông tin kiểu ngày của tờ khai." : "Tính theo lịch làm việc của cơ quan."));
    }
    draw2();
  }

  // What the system does by itself: at a step of its own, or in the place of a person (a look-up).
  function asks(element, box) {
    var step = own(element.businessObject, "mc:Step"), held = step && step.get("asks") || [];
    var more = document.createElement("details"), title = document.createElement("summary");
    title.textContent = "Thông tin dùng để tra cứu (" + held.length + ")"; more.className = "field"; more.appendChild(title); more.open = !held.length;
    lists.facts.forEach(function (pair) {
      more.appendChild(tick(pair[1], held.some(function (one) { return one.get("ref") === pair[0]; }), function (on) {
        var now = (own(element.businessObject, "mc:Step").get("asks") || []).filter(function (one) { return one.get("ref") !== pair[0]; });
        if (on) { now = now.concat([factory.create("mc:Ask", { ref: pair[0] })]); }
        set(element, "mc:Step", { asks: now });
        now.forEach(function (one) { one.$parent = own(element.businessObject, "mc:Step"); });
        title.textContent = "Thông tin dùng để tra cứu (" + now.length + ")";
      }));
    });
    box.appendChild(more);
  }
  function lookup(element, box, automatic) {
    box.appendChild(field("Nguồn dữ liệu", choice(get(element, "mc:Step", "ref"), lists.sources, function (value) {
      set(element, "mc:Step", { ref: value || undefined }); })));
    asks(element, box);
    box.appendChild(field("Kết cục khi thông tin khớp", text(get(element, "mc:Step", "answer"), function (value) {
      set(element, "mc:Step", { answer: value || undefined }); }, "ds-ket-cuc"), "Mã kết cục của một đường đi ra. Để trống: dat."));
    if (automatic) {
      box.appendChild(field("Kết cục khi không khớp", text(get(element, "mc:Step", "otherwise"), function (value) {
        set(element, "mc:Step", { otherwise: value || undefined }); }, "ds-ket-cuc"), "Để trống: khong_dat."));
    } else { note(box, "Khi không tra cứu được hoặc không khớp, người của bước làm như thường."); }
  }
  var AUTO = [["lookup", "Tra cứu dữ liệu"], ["notify", "Báo cho người nộp"], ["document", "Lập văn bản dự thảo"]];
  function service(element, box) {
    var auto = get(element, "mc:Step", "auto");
    box.appendChild(field("Hệ thống làm gì", choice(auto, AUTO, function (value) {
      set(element, "mc:Step", { auto: value || undefined, ref: undefined }); draw(element); })));
    if (auto === "lookup") { lookup(element, box, true); }
    if (auto === "document") {
      box.appendChild(field("Mẫu văn bản", choice(get(element, "mc:Step", "ref"), lists.templates, function (value) {
        set(element, "mc:Step", { ref: value || undefined }); }), "Dự thảo nằm ở mục Văn bản của hồ sơ; người của bước sau sửa, trình ký."));
    }
    if (auto === "notify") {
      box.appendChild(field("Nội dung báo", text(get(element, "mc:Step", "about"), function (value) {
        set(element, "mc:Step", { about: value || undefined }); }), "Một câu, không nêu tên hay số giấy tờ của người nộp."));
    }
  }
  function replaced(element, box) {
    var on = get(element, "mc:Step", "auto") === "lookup", title = document.createElement("h3");
    title.textContent = "Thay bằng tra cứu dữ liệu"; box.appendChild(title);
    box.appendChild(tick("Hệ thống tự tra cứu thay cho người kiểm tra", on, function (kept) {
      set(element, "mc:Step", { auto: kept ? "lookup" : undefined, ref: undefined, answer: undefined, asks: [] });
      draw(element);
    }));
    if (on) { lookup(element, box, false); }
  }

  function way(element, box) {
    var object = element.businessObject, source = element.source;
    if (is(source, "Activity")) {
      box.appendChild(field("Mã kết cục", text(get(element, "mc:Way", "outcome"), function (value) {
        set(element, "mc:Way", { outcome: value || undefined });
        modeling.updateProperties(element, { conditionExpression: expression(value && 'ket_cuc = "' + value + '"') });
      }, "ds-ket-cuc"), "Việc người xử lý chọn khi xong bước, ví dụ trinh_duyet."));
      box.appendChild(field("Loại đường", choice(get(element, "mc:Way", "flow"), FLOWS, function (value) {
        set(element, "mc:Way", { flow: value || undefined }); }, "Theo sơ đồ")));
    } else if (is(source, "ExclusiveGateway") || is(source, "InclusiveGateway")) {
      var held = object.conditionExpression && object.conditionExpression.body || "";
      box.appendChild(field("Điều kiện", text(held, function (value) {
        modeling.updateProperties(element, { conditionExpression: expression(value) });
      }), 'Ví dụ: dien_tich > 500 và loai_dat = "o"'));
      box.appendChild(tick("Nhánh cho các trường hợp khác", source.businessObject.default === object, function (on) {
        modeling.updateProperties(source, { default: on ? object : undefined });
        if (on) { modeling.updateProperties(element, { conditionExpression: undefined }); }
      }));
    }
  }

  function draw(element) {
    shown = element;
    panel.textContent = "";
    if (!element || !element.businessObject || element.type === "label" || is(element, "Process") || is(element, "Collaboration")) {
      var none = document.createElement("p");
      none.className = "muted"; none.textContent = "Chọn một bước hoặc một đường nối trên sơ đồ."; panel.appendChild(none);
      return;
    }
    panel.appendChild(field("Tên", text(element.businessObject.name || "", function (value) {
      modeling.updateLabel(element, value); })));
    if (is(element, "ServiceTask")) { service(element, panel); }
    else if (is(element, "SendTask") || is(element, "ReceiveTask")) { messageName(element, panel); }
    if (is(element, "ServiceTask") || is(element, "SendTask") || is(element, "ReceiveTask")) {
      panel.appendChild(field("Giờ làm việc dành cho bước", text(plain(get(element, "mc:Step", "hours")), function (value) {
        set(element, "mc:Step", { hours: number(value) || undefined }); })));
      if (is(element, "ServiceTask")) { prints(element, panel); }
    } else if (is(element, "Task")) {
      panel.appendChild(field("Loại đơn vị", choice(get(element, "mc:Step", "unitKind"), lists.units, function (value) {
        set(element, "mc:Step", { unitKind: value || undefined }); })));
      panel.appendChild(field("Vai trò", choice(get(element, "mc:Step", "role"), lists.roles, function (value) {
        set(element, "mc:Step", { role: value || undefined }); })));
      panel.appendChild(field("Giờ làm việc", text(plain(get(element, "mc:Step", "hours")), function (value) {
        set(element, "mc:Step", { hours: number(value) || undefined }); })));
      MARKS.forEach(function (pair) {
        var held = get(element, "mc:Step", "marks").split(" ").filter(Boolean);
        panel.appendChild(tick("Là bước " + pair[1].toLowerCase(), held.indexOf(pair[0]) >= 0, function (on) {
          var now = get(element, "mc:Step", "marks").split(" ").filter(function (item) { return item && item !== pair[0]; });
          if (on) { now.push(pair[0]); }
          set(element, "mc:Step", { marks: now.join(" ") || undefined });
        }));
      });
      panel.appendChild(field("Ghi chú", text(get(element, "mc:Step", "note"), function (value) {
        set(element, "mc:Step", { note: value || undefined }); })));
      if (is(element, "UserTask") || element.type === "bpmn:Task") {
        panel.appendChild(tick("Là bước xác minh thực địa: có biên bản mới hoàn thành được",
          get(element, "mc:Step", "onSite") === "true", function (on) {
            set(element, "mc:Step", { onSite: on ? "true" : undefined }); }));
        picks(element, panel, "Phần tờ khai phải kiểm tra ở bước này", lists.parts, "formParts", "mc:FormPart");
        prints(element, panel); replaced(element, panel); many(element, panel); hands(element, panel);
      }
    } else if (is(element, "CallActivity")) {
      panel.appendChild(field("Quy trình được gọi", choice(element.businessObject.calledElement || "", lists.processes, function (value) {
        modeling.updateProperties(element, { calledElement: value || undefined });
        set(element, "mc:Step", { ref: value || undefined });
      }), "Bản đang áp dụng được ghép vào quy trình này khi phê duyệt."));
    } else if (is(element, "Event")) { event(element, panel); }
    else if (is(element, "SequenceFlow")) { way(element, panel); }
  }

  // Checking and saving ------------------------------------------------------------------------------------------

  function say(words) { said.textContent = words; }
  function tell(found) {
    registry.forEach(function (element) {
      canvas.removeMarker(element.id, "has-fault"); canvas.removeMarker(element.id, "has-warning");
    });
    faults.textContent = "";
    found.forEach(function (one) {
      var line = document.createElement("li"), kind = document.createElement("b");
      line.className = "finding" + (one.warning ? " finding--warn" : "");
      kind.textContent = one.warning ? "Lưu ý: " : "Lỗi: "; line.appendChild(kind);
      line.appendChild(document.createTextNode(one.message + " "));
      var there = one.elements.map(function (id) { return registry.get(id); }).filter(Boolean);
      there.forEach(function (element) { canvas.addMarker(element.id, one.warning ? "has-warning" : "has-fault"); });
      if (there.length) {
        line.appendChild(button("Xem trên sơ đồ", function () {
          selection.select(there); canvas.scrollToElement(there[0]); }));
      }
      faults.appendChild(line);
    });
    if (!found.length) {
      var fine = document.createElement("li");
      fine.className = "finding finding--ok"; fine.textContent = "Quy trình không có lỗi."; faults.appendChild(fine);
    }
    root.dataset.checked = String(asked);
  }
  function send(address, more) {
    return modeler.saveXML({ format: true }).then(function (result) {
      return fetch(address, { method: "POST", credentials: "same-origin", body: result.xml,
        headers: Object.assign({ "Content-Type": "application/xml", "X-CSRFToken": token }, more || {}) });
    });
  }
  function check() {
    asked += 1;
    var mine = asked;
    send(root.dataset.check).then(function (answer) { return answer.json(); }).then(function (answer) {
      if (mine === asked) { tell(answer.findings); }
    }).catch(function () { say("Chưa kiểm tra được; kiểm tra đường truyền."); });
  }
  function save() {
    say("Đang lưu…");
    send(root.dataset.save, { "Idempotency-Key": key, "X-Revision": revision }).then(function (answer) {
      return answer.json().then(function (body) { return { ok: answer.ok, body: body }; });
    }).then(function (answer) {
      if (answer.body.findings && answer.body.findings.length || answer.ok) { tell(answer.body.findings || []); }
      if (!answer.ok) { say(answer.body.error); return; }
      revision = String(answer.body.revision); key = answer.body.key; changed = false;
      document.querySelectorAll("input[name=revision]").forEach(function (input) { input.value = revision; });
      say("Đã lưu.");
    }).catch(function () { say("Chưa lưu được; kiểm tra đường truyền rồi bấm Lưu lại."); });
  }

  modeler.on("commandStack.changed", function () {
    changed = true; say("Có thay đổi chưa lưu.");
    window.clearTimeout(waiting); waiting = window.setTimeout(check, 500);
  });
  modeler.on("selection.changed", function (change) { draw(change.newSelection.length === 1 ? change.newSelection[0] : null); });
  modeler.on("shape.removed", function (removed) { if (removed.element === shown) { draw(null); } });
  // A drawn step is a person's step until it is made something else.
  modeler.on("commandStack.shape.create.postExecuted", function () {
    window.setTimeout(function () {
      registry.filter(function (element) { return element.type === "bpmn:Task"; }).forEach(function (element) {
        modeler.get("bpmnReplace").replaceElement(element, { type: "bpmn:UserTask" });
      });
    }, 0);
  });
  panel.addEventListener("submit", function (sent) { sent.preventDefault(); });
  document.getElementById("luu-so-do").addEventListener("click", save);
  document.getElementById("hoan-tac").addEventListener("click", function () { if (stack.canUndo()) { stack.undo(); } });
  document.getElementById("lam-lai").addEventListener("click", function () { if (stack.canRedo()) { stack.redo(); } });
  document.getElementById("vua-man-hinh").addEventListener("click", whole);
  window.addEventListener("beforeunload", function (leaving) { if (changed) { leaving.preventDefault(); } });
  datalist();

  fetch(root.dataset.drawing, { credentials: "same-origin" }).then(function (answer) { return answer.text(); })
    .then(function (xml) { return modeler.importXML(xml); })
    .then(function () { whole(); root.dataset.ready = "1"; check(); })
    .catch(function () { say("Không mở được sơ đồ."); });
}());
