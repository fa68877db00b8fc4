// Small helps; every page works without them.
"use strict";
(function () {
  // After an error the summary takes the focus, so that screen readers and keyboards begin there.
  function focusSummary(root) {
    var box = root.querySelector("[data-focus]");
    if (box) { box.focus(); }
  }
  document.addEventListener("DOMContentLoaded", function () { focusSummary(document); });

  // A button that sends a form is pressed once.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.hasAttribute("data-once")) {
      form.dataset.sent = "1";
      window.setTimeout(function () { delete form.dataset.sent; }, 8000);
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // What was chosen is named beside the button, in the page's language.
  document.addEventListener("change", function (event) {
    var input = event.target;
    var box = input.type === "file" && input.closest(".picker");
    var name = box && box.querySelector("[data-picked]");
    if (!name) { return; }
    var names = Array.prototype.map.call(input.files, function (file) { return file.name; });
    name.textContent = names.length > 1 ? names.length + " tệp: " + names.join(", ") : names[0] || "Chưa chọn tệp";
  });

  // A form that is drawn anew keeps what was typed while the answer was on its way.
  var FORM = "bieu-mau";
  var typed = {};
  function values(form) {
    var found = {};
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && name.charAt(0) !== "_" && name !== "csrfmiddlewaretoken") {
        (found[name] = found[name] || []).push(value);
      }
    });
    return found;
  }
  function drawn() { return document.querySelector("#" + FORM + " form"); }
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.target && event.detail.target.id === FORM && drawn()) {
      event.detail.xhr.motcuaSent = values(drawn());
    }
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var sent = event.detail.xhr && event.detail.xhr.motcuaSent; // a message of the stream has no request
    typed = {};
    if (!sent || !drawn()) { return; }
    var now = values(drawn());
    Object.keys(Object.assign({}, sent, now)).forEach(function (name) {
      if (JSON.stringify(sent[name]) !== JSON.stringify(now[name])) { typed[name] = now[name] || []; }
    });
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    var again = typed;
    typed = {};
    if (!event.detail.xhr || !event.detail.xhr.motcuaSent || !drawn()) { return; }
    Object.keys(again).forEach(function (name) {
      var fields = drawn().querySelectorAll("[name=\"" + CSS.escape(name) + "\"]");
      var last = null;
      Array.prototype.forEach.call(fields, function (field, number) {
        if (field.type === "radio" || field.type === "checkbox") {
          field.checked = again[name].indexOf(field.value) >= 0;
          if (field.checked || !last) { last = field; }
        } else {
          field.value = again[name][number] || "";
          last = field;
        }
      });
      if (last) { window.setTimeout(function () { last.dispatchEvent(new Event("change", { bubbles: true })); }); }
    });
  });

  // Printing, and opening all explanations for it.
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) { window.print(); }
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (item) { item.open = true; });
  });

  // Searching from anywhere: the slash key.
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      var box = document.querySelector("input[type=search]");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    }
  });
})();
