// Draws in a modeller of bpmn.io or Camunda what an officer would draw by hand; `make.py` runs it in Chromium.
"use strict";

var INITIAL = {
  camunda7: '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0"><bpmn:process id="Process_1" isExecutable="true" camunda:historyTimeToLive="180"><bpmn:startEvent id="StartEvent_1" /></bpmn:process><bpmndi:BPMNDiagram id="BPMNDiagram_1"><bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Process_1"><bpmndi:BPMNShape id="_BPMNShape_StartEvent_2" bpmnElement="StartEvent_1"><dc:Bounds x="179" y="159" width="36" height="36" /></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>',
  camunda8: '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0"><bpmn:process id="Process_1" isExecutable="true"><bpmn:startEvent id="StartEvent_1" /></bpmn:process><bpmndi:BPMNDiagram id="BPMNDiagram_1"><bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Process_1"><bpmndi:BPMNShape id="_BPMNShape_StartEvent_2" bpmnElement="StartEvent_1"><dc:Bounds x="179" y="159" width="36" height="36" /></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>'
};

function modeller(exporter) {
  var made = new (window.BpmnModeler || window.BpmnJS)({ container: "#canvas", propertiesPanel: { parent: "#panel" } });
  // What the applications around the libraries do (@bpmn-io/add-exporter): who saved the file stands in it.
  made.on("saveXML.start", function (event) {
    event.definitions.exporter = exporter.name; event.definitions.exporterVersion = exporter.version;
  });
  return made;
}

function pen(modeler, flavour) {
  var modeling = modeler.get("modeling"), moddle = modeler.get("moddle");
  var registry = modeler.get("elementRegistry");
  var it = {
    modeling: modeling, registry: registry,
    make: function (type, values) { return moddle.create(type, values || {}); },
    shape: function (type, x, y, parent, name, more) {
      var made = modeling.createShape(Object.assign({ type: "bpmn:" + type }, more || {}), { x: x, y: y }, parent);
      if (name) { modeling.updateLabel(made, name); }
      return made;
    },
    edge: function (from, to, name, condition) {
      var made = modeling.connect(from, to);
      if (name) { modeling.updateLabel(made, name); }
      if (condition) {
        modeling.updateProperties(made, { conditionExpression: moddle.create("bpmn:FormalExpression", { body: condition }) });
      }
      return made;
    },
    set: function (element, values) { modeling.updateProperties(element, values); },
    // Extension elements, with what the modeller put there by itself.
    extend: function (element, values, object) {
      var owner = object || element.businessObject, held = owner.extensionElements;
      var kept = (held && held.values || []).filter(function (one) {
        return !values.some(function (other) { return other.$type === one.$type; });
      });
      var fresh = moddle.create("bpmn:ExtensionElements", { values: kept.concat(values) });
      fresh.$parent = owner;
      fresh.values.forEach(function (one) { one.$parent = fresh; });
      modeling.updateModdleProperties(element, owner, { extensionElements: fresh });
    },
    attach: function (host, kind, interrupting, dx) {
      return modeling.createShape(
        { type: "bpmn:BoundaryEvent", eventDefinitionType: "bpmn:" + kind + "EventDefinition", cancelActivity: interrupting },
        { x: host.x + (dx || 30), y: host.y + host.height }, host, { attach: true });
    },
    timer: function (event, how, body) {
      var defined = event.businessObject.eventDefinitions[0], values = {};
      values[how] = moddle.create("bpmn:FormalExpression", { body: body });
      modeling.updateModdleProperties(event, defined, values);
    },
    expression: function (body) { return moddle.create("bpmn:FormalExpression", { body: body }); }
  };
  it.condition = function (text) { return flavour === "camunda7" ? "${" + text + "}" : flavour === "camunda8" ? "=" + text : text; };
  return it;
}

// What each platform writes at a step: who does it, its form, a listener, a worker, a called process.
function dress(it, flavour, parts) {
  if (flavour === "camunda7") {
    it.set(parts.check, { "camunda:candidateGroups": "chuyen_mon", "camunda:formKey": "tham-dinh", "camunda:asyncBefore": true });
    it.extend(parts.check, [
      it.make("camunda:FormData", { fields: [it.make("camunda:FormField", { id: "dat", label: "Đạt yêu cầu", type: "boolean" })] }),
      it.make("camunda:TaskListener", { event: "create", "class": "vn.motcua.Nhac" }),
      it.make("camunda:InputOutput", { inputParameters: [it.make("camunda:InputParameter", { name: "maHoSo", value: "${ma}" })] })
    ]);
    it.set(parts.search, { "camunda:type": "external", "camunda:topic": "tra-cuu" });
    it.set(parts.call, { calledElement: "1.001193/cap_xa" });
    it.extend(parts.call, [it.make("camunda:In", { businessKey: "#{execution.processBusinessKey}" })]);
  } else if (flavour === "camunda8") {
    it.extend(parts.check, [
      it.make("zeebe:AssignmentDefinition", { candidateGroups: "chuyen_mon" }),
      it.make("zeebe:FormDefinition", { formId: "tham-dinh" }),
      it.make("zeebe:UserTask")
    ]);
    it.extend(parts.search, [
      it.make("zeebe:TaskDefinition", { type: "tra-cuu", retries: "3" }),
      it.make("zeebe:IoMapping", { inputParameters: [it.make("zeebe:Input", { source: "=ma", target: "maHoSo" })] })
    ]);
    it.extend(parts.call, [it.make("zeebe:CalledElement", { processId: "1.001193", propagateAllChildVariables: false })]);
  } else {
    it.set(parts.call, { calledElement: "1.001193/cap_xa" });
  }
}

// A process of the subset: pool with two lanes, gateway, boundary timer, look-up, call, note, colour.
function drawProcess(modeler, flavour) {
  var it = pen(modeler, flavour), start = it.registry.get("StartEvent_1");
  it.modeling.updateLabel(start, "Nộp hồ sơ");
  var pool = it.modeling.createShape(
    modeler.get("elementFactory").createParticipantShape({ type: "bpmn:Participant" }),
    { x: 460, y: 180 }, modeler.get("canvas").getRootElement());
  it.modeling.updateLabel(pool, "UBND xã");
  it.modeling.resizeShape(pool, { x: pool.x, y: pool.y, width: 1400, height: 360 });
  it.modeling.splitLane(pool, 2);
  var lanes = it.registry.filter(function (one) { return one.type === "bpmn:Lane"; });
  lanes.sort(function (one, other) { return one.y - other.y; });
  it.modeling.updateLabel(lanes[0], "Bộ phận Một cửa");
  it.modeling.updateLabel(lanes[1], "Công chức chuyên môn");
  var top = lanes[0].y + 90, low = lanes[1].y + 80, left = start.x + 18;
  var receive = it.shape("UserTask", left + 150, top, pool, "Tiếp nhận\nhồ sơ");
  var search = it.shape("ServiceTask", left + 310, top, pool, "Tra cứu dân cư");
  var fork = it.shape("ExclusiveGateway", left + 460, top, pool, "Diện tích lớn?");
  var check = it.shape("UserTask", left + 600, low, pool, "Thẩm định");
  var call = it.shape("CallActivity", left + 600, top, pool, "Cấp bản sao");
  var join = it.shape("ExclusiveGateway", left + 760, top, pool);
  var hand = it.shape("UserTask", left + 900, top, pool, "Trả kết quả");
  var end = it.shape("EndEvent", left + 1050, top, pool, "Xong");
  var late = it.attach(check, "Timer", false);
  it.modeling.updateLabel(late, "Quá 2 ngày");
  it.timer(late, "timeDuration", "PT16H");
  var remind = it.shape("UserTask", left + 760, low, pool, "Nhắc, báo lãnh đạo");
  var reminded = it.shape("EndEvent", left + 900, low, pool, "Đã nhắc");
  it.edge(start, receive); it.edge(receive, search); it.edge(search, fork);
  it.edge(fork, check, "có", it.condition("dien_tich > 500"));
  var other = it.edge(fork, call, "không");
  it.set(fork, { "default": other.businessObject });
  it.edge(check, join); it.edge(call, join); it.edge(join, hand); it.edge(hand, end);
  it.edge(late, remind); it.edge(remind, reminded);
  var note = it.shape("TextAnnotation", left + 460, low + 20, pool, "Theo quy trình nội bộ");
  it.modeling.connect(fork, note, { type: "bpmn:Association" });
  if (modeler.get("modeling").setColor) { it.modeling.setColor([hand], { fill: "#c8e6c9", stroke: "#205022" }); }
  dress(it, flavour, { check: check, search: search, call: call });
}

// What the subset refuses, as these tools draw it.
function drawRefused(modeler, flavour) {
  var it = pen(modeler, flavour), start = it.registry.get("StartEvent_1"), root = start.parent, names = {};
  var script = it.shape("ScriptTask", 330, 177, root, "Tính phí");
  var several = it.shape("UserTask", 500, 177, root, "Lấy ý kiến");
  var inner = it.shape("SubProcess", 720, 177, root, "", { isExpanded: true });
  var rule = it.shape("BusinessRuleTask", 960, 177, root, "Bảng quyết định");
  var fork = it.shape("ExclusiveGateway", 1100, 177, root);
  var end = it.shape("EndEvent", 1220, 177, root), signal = it.shape("EndEvent", 1220, 300, root, "Báo hiệu",
    { eventDefinitionType: "bpmn:SignalEventDefinition" });
  var weekly = it.attach(several, "Timer", false, 20), told = it.shape("EndEvent", 520, 330, root);
  it.timer(weekly, "timeCycle", "R3/PT24H");
  var loop = it.make("bpmn:MultiInstanceLoopCharacteristics");
  it.set(several, { loopCharacteristics: loop });
  if (flavour === "camunda7") {
    it.modeling.updateModdleProperties(several, loop, { "camunda:collection": "donVi", "camunda:elementVariable": "mot" });
    it.set(script, { scriptFormat: "groovy", script: "1 + 1" });
    it.set(rule, { "camunda:decisionRef": "muc-phi" });
  } else {
    it.extend(several, [it.make("zeebe:LoopCharacteristics", { inputCollection: "=donVi", inputElement: "mot" })], loop);
    it.extend(script, [it.make("zeebe:Script", { expression: "=1 + 1", resultVariable: "phi" })]);
    it.extend(rule, [it.make("zeebe:CalledDecision", { decisionId: "muc-phi", resultVariable: "muc" })]);
  }
  it.edge(start, script); it.edge(script, several); it.edge(several, inner); it.edge(inner, rule); it.edge(rule, fork);
  var odd = it.edge(fork, signal, "lạ", flavour === "camunda7" ? "${hoSo.hopLe()}" : '=some x in donVi satisfies x = "A"');
  var plain = it.edge(fork, end);
  it.edge(weekly, told);
  Object.entries({ script: script, several: several, inner: inner, rule: rule, signal: signal, weekly: weekly, odd: odd })
    .forEach(function (pair) { names[pair[0]] = pair[1].id; });
  it.set(fork, { "default": plain.businessObject });
  return names;
}

async function drawn(what, flavour, exporter) {
  var modeler = modeller(exporter);
  if (INITIAL[flavour]) { await modeler.importXML(INITIAL[flavour]); } else { await modeler.createDiagram(); }
  var names = what === "refused" ? drawRefused(modeler, flavour) : drawProcess(modeler, flavour);
  var saved = await modeler.saveXML({ format: true });
  modeler.destroy();
  return { xml: saved.xml, names: names || {} };
}

// A file of ours opened, one step moved and renamed, saved again.
async function saved(xml, step, exporter) {
  var modeler = modeller(exporter), opened = await modeler.importXML(xml);
  var shape = modeler.get("elementRegistry").get(step);
  modeler.get("modeling").moveElements([shape], { x: 0, y: 20 });
  modeler.get("modeling").updateLabel(shape, "Thẩm định kỹ");
  var back = await modeler.saveXML({ format: true });
  modeler.destroy();
  return { xml: back.xml, warnings: opened.warnings.map(function (one) { return one.message; }) };
}
