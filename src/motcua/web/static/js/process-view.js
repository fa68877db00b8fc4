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
  fetch(place.dataset.drawing, { credentials: "same-origin" })
    .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
    .then(function (xml) { return viewer.importXML(xml); })
    .then(function () { marks(); viewer.get("canvas").zoom("fit-viewport", "auto"); place.dataset.ready = "1"; })
    .catch(function () { place.hidden = true; });
}());
