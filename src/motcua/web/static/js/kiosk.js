// At a kiosk: whoever walks away leaves nothing open. Seconds without a touch until the question, then until the end.
"use strict";
(function () {
  var QUIET = 120;
  var ANSWER = 30;
  var dialog = document.getElementById("con-o-day");
  var form = document.getElementById("ket-thuc");
  var left = dialog.querySelector("[data-left]");
  var touched = Date.now();
  var begins = document.body.hasAttribute("data-begins"); // the first page of a visit: nobody to ask

  function stay() {
    touched = Date.now();
    if (dialog.open) { dialog.close(); }
  }
  ["pointerdown", "keydown", "scroll", "input"].forEach(function (name) {
    document.addEventListener(name, function () { if (!dialog.open) { touched = Date.now(); } }, { passive: true, capture: true });
  });
  dialog.querySelector("[data-stay]").addEventListener("click", stay);
  dialog.addEventListener("cancel", stay);
  window.setInterval(function () {
    var quiet = (Date.now() - touched) / 1000;
    if (begins || quiet < QUIET) { return; }
    if (quiet >= QUIET + ANSWER) {
      touched = Date.now();
      form.submit();
      return;
    }
    left.textContent = String(Math.ceil(QUIET + ANSWER - quiet));
    if (!dialog.open) { dialog.showModal(); }
  }, 500);
})();
