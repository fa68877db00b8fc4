// The leader's live page: tell when the connection is lost, keep the keyboard where it was.
"use strict";
(function () {
  var SILENCE = 45000; // three heartbeats
  var last = Date.now();
  var focused = null;

  function notice() { return document.querySelector("[data-lost]"); }
  function lost(is) { var box = notice(); if (box && box.hidden === is) { box.hidden = !is; } }

  document.addEventListener("htmx:sseOpen", function (event) {
    last = Date.now();
    lost(false);
    event.detail.source.addEventListener("beat", function () { last = Date.now(); lost(false); });
    event.detail.source.addEventListener("trouble", function () { lost(true); });
  });
  document.addEventListener("htmx:sseError", function () { lost(true); });
  document.addEventListener("htmx:sseBeforeMessage", function () {
    var at = document.activeElement;
    focused = at && at.closest("[sse-swap]") && at.getAttribute("href");
  });
  document.addEventListener("htmx:sseMessage", function () {
    last = Date.now();
    lost(false);
    if (focused && document.activeElement === document.body) {
      var again = document.querySelector("[data-live] a[href=\"" + CSS.escape(focused) + "\"]");
      if (again) { again.focus({ preventScroll: true }); }
    }
  });
  window.setInterval(function () { if (Date.now() - last > SILENCE) { lost(true); } }, 5000);
})();
