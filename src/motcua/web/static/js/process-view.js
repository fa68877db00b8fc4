// Shows the drawing of a process to look at; the table below it says the same.
"use strict";
(function () {
  var place = document.querySelector("[data-drawing]");
  if (!place || !window.BpmnJS) { return; }
  var viewer = new window.BpmnJS({ container: place });
  fetch(place.dataset.drawing, { credentials: "same-origin" })
    .then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
    .then(function (xml) { return viewer.importXML(xml); })
    .then(function () { viewer.get("canvas").zoom("fit-viewport", "auto"); place.dataset.ready = "1"; })
    .catch(function () { place.hidden = true; });
}());
