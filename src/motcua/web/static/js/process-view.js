// Shows the drawing of a process to look at, with what is known of its steps beside them; the tables below say the same.
"use strict";
(function () {
  var place = document.querySelector("[data-drawing]");
  if (!place || !window.BpmnJS) { return; }
  var viewer = new window.BpmnJS({ container: place });
  function mark(one) {
    var box = document.createElement("div"), more = document.createElement("small");
    box.className = "mark" + (one.look ? " mark--" + one.look : "");
    box.textContent = one.text;
    more.textContent = one.more;
    box.appendChild(more);
    viewer.get("overlays").add(one.element, { position: { bottom: -4, left: 4 }, html: box });
    if (one.look) { viewer.get("canvas").addMarker(one.element, "is-" + one.look); }
  }
  function marks() {
    var held = place.dataset.marks && document.getElementById(place.dataset.marks);
    JSON.parse(held ? held.textContent : "[]").forEach(function (one) {
      if (viewer.get("elementRegistry").get(one.element)) { mark(one); }
    });
  }
  // Large drawings begin at a size one can read, at their left end; the buttons and dragging show the rest.
  var READABLE = 0.72, STEP = 1.25;
  function readable() {
    var canvas = viewer.get("canvas");
    canvas.zoom("fit-viewport", "auto");
    if (canvas.zoom() >= READABLE) { return; }
    var box = canvas.viewbox();
    canvas.viewbox({
      x: box.inner.x - 24,
      y: box.inner.y + box.inner.height / 2 - box.outer.height / READABLE / 2,
      width: box.outer.width / READABLE,
      height: box.outer.height / READABLE
    });
  }
  var DOES = {
    "in": function (canvas) { canvas.zoom(canvas.zoom() * STEP, "auto"); },
    "out": function (canvas) { canvas.zoom(canvas.zoom() / STEP, "auto"); },
    "all": function (canvas) { canvas.zoom("fit-viewport", "auto"); },
    "left": function (canvas) { canvas.scroll({ dx: place.clientWidth / 2, dy: 0 }); },
    "right": function (canvas) { canvas.scroll({ dx: -place.clientWidth / 2, dy: 0 }); }
  };
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-view]");
    if (button && place.dataset.ready) { DOES[button.dataset.view](viewer.get("canvas")); }
  });
  fetch(place.dataset.drawing, { credentials: "same-origin" })
    .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
    .then(function (xml) { return viewer.importXML(xml); })
    .then(function () {
      marks();
      readable();
      place.dataset.ready = "1";
      document.querySelectorAll("[data-views]").forEach(function (box) { box.hidden = false; });
    })
    .catch(function () { place.hidden = true; });
}());
