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
