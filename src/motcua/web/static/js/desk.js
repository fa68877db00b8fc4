// The desk by keyboard. Every page works without this; with it the cursor finds the next thing that is missing.
"use strict";
(function () {
  function form() { return document.querySelector("form[data-intake]"); }
  function visible(item) { return item.offsetParent !== null && !item.disabled; }

  // An input that still needs something: a required one that is empty, a group without a choice, a paper not ticked.
  function lacks(item) {
    if (item.type === "radio") {
      return !item.form.querySelector("input[type=radio][name='" + CSS.escape(item.name) + "']:checked")
        && item === item.form.querySelector("input[type=radio][name='" + CSS.escape(item.name) + "']");
    }
    if (item.type === "checkbox") { return item.hasAttribute("data-needed") && !item.checked; }
    return item.getAttribute("aria-required") === "true" && item.value.trim() === "";
  }
  function next(from) {
    var all = Array.prototype.slice.call(from.form.querySelectorAll("input, select, textarea"));
    var rest = all.slice(all.indexOf(from) + 1).concat(all.slice(0, all.indexOf(from)));
    return rest.find(function (item) { return visible(item) && lacks(item) && item.name !== from.name; })
      || document.getElementById("nhan");
  }
  function go(item) {
    if (!item) { return; }
    item.focus();
    if (item.select && item.type !== "checkbox" && item.type !== "radio") { item.select(); }
  }
  function first() {
    var here = form();
    if (!here || document.querySelector("[data-focus]")) { return; }
    go(document.getElementById(here.dataset.first));
  }
  document.addEventListener("DOMContentLoaded", first);

  // Back from a service: what it sent along goes on to the page of the paper. Without scripts a button does it.
  document.addEventListener("DOMContentLoaded", function () {
    var waiting = document.querySelector("form[data-go]");
    if (waiting) { waiting.requestSubmit(); }
  });
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-tick]").forEach(function (button) { button.hidden = false; });
  });

  document.addEventListener("keydown", function (event) {
    var here = form(), item = event.target;
    if (!here || !here.contains(item)) { return; }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      var main = document.getElementById("nhan");
      if (main) { main.click(); }
      return;
    }
    if (event.key !== "Enter" || event.altKey || event.shiftKey) { return; }
    if (!/^(INPUT|SELECT)$/.test(item.tagName) || item.type === "submit") { return; }
    // A search box sends itself; a field into which a card was scanned asks the server for the person.
    if (item.dataset.send) { return; }
    var digits = item.value.replace(/[\s.]/g, "");
    var number = item.name.endsWith("_id") || item.name === "id";
    if (item.value.indexOf("|") > 0 || (number && /^\d{12}$/.test(digits) && alone(item))) { return; }
    event.preventDefault();
    go(next(item));
  });
  // A person's other fields are still empty.
  function alone(item) {
    var who = item.name.replace(/_?id$/, "");
    return ["name", "birth_date", "address"].some(function (part) {
      var other = item.form.elements[who + "_" + part];
      return other && other.value !== undefined && other.value.trim() === "";
    });
  }

  // Alt and a letter, also where the browser keeps access keys for itself.
  document.addEventListener("keydown", function (event) {
    if (!event.altKey || event.ctrlKey || event.defaultPrevented || !/^Key[A-Z]$/.test(event.code)) { return; }
    var item = document.querySelector("[accesskey='" + event.code.slice(3).toLowerCase() + "']");
    if (!item) { return; }
    event.preventDefault();
    if (item.tagName === "INPUT") { item.focus(); } else { item.click(); }
  });

  // All papers, and all rows of a list, by one press.
  document.addEventListener("click", function (event) {
    var papers = event.target.closest("[data-tick-needed]");
    if (papers) {
      event.preventDefault();
      var boxes = papers.form.querySelectorAll("input[data-needed]");
      if (!boxes.length) { boxes = papers.form.querySelectorAll("input[name=giay]"); }
      boxes.forEach(function (box) { box.checked = true; });
      go(next(boxes[boxes.length - 1] || papers.form.elements[0]));
      return;
    }
    var rows = event.target.closest("[data-tick]");
    if (rows) {
      var all = Array.prototype.filter.call(rows.form.elements, function (box) { return box.name === rows.dataset.tick; });
      var on = all.some(function (box) { return !box.checked; });
      all.forEach(function (box) { box.checked = on; });
    }
  });

  // A usual reason is written into its box, to be edited; without scripts the server does it.
  document.addEventListener("click", function (event) {
    var preset = event.target.closest("[data-preset]"), box = preset && document.getElementById(preset.dataset.into);
    if (!box) { return; }
    event.preventDefault();
    box.value = (box.value.trim() + " " + preset.dataset.preset).trim();
    box.focus();
  });

  // Whoever leaves the intake without sending it leaves nothing on the citizen's screen.
  var sending = false;
  document.addEventListener("submit", function () { sending = true; });
  window.addEventListener("pagehide", function () {
    var here = form();
    if (!here || sending || !here.elements["nguoi-nop"].value && !here.elements["thu-tuc"].value) { return; }
    var body = new URLSearchParams();
    body.set("csrfmiddlewaretoken", here.elements.csrfmiddlewaretoken.value);
    body.set("_chi-man-hinh", "1");
    body.set("_roi-trang", "1");
    navigator.sendBeacon(here.action, body);
  });

  // What is typed reaches the citizen's screen without waiting for the next sending.
  var timer = 0;
  document.addEventListener("change", function (event) {
    var here = form();
    if (!here || !here.contains(event.target) || !here.elements["thu-tuc"].value) { return; }
    window.clearTimeout(timer);
    timer = window.setTimeout(function () {
      var body = new FormData(here);
      body.set("_chi-man-hinh", "1");
      fetch(here.action, { method: "POST", body: body, credentials: "same-origin" }).catch(function () {});
    }, 900);
  });

  // A head drags a task onto an officer: the row is ticked, the officer chosen; a held task still asks for the reason.
  document.addEventListener("DOMContentLoaded", function () {
    if (!document.querySelector("[data-drop]")) { return; }
    document.querySelectorAll("td.pick input[name=chon]").forEach(function (box) {
      box.closest("tr").draggable = true;
    });
  });
  // Wherever in its row one takes hold of it, a link or a word too.
  function around(target, what) {
    var one = target.nodeType === Node.TEXT_NODE ? target.parentNode : target;
    return one.closest ? one.closest(what) : null;
  }
  function over(row) {
    document.querySelectorAll("tr.is-over").forEach(function (one) { one.classList.toggle("is-over", one === row); });
    if (row) { row.classList.add("is-over"); }
  }
  document.addEventListener("dragstart", function (event) {
    var task = around(event.target, "tr[draggable=true]"), box = task && task.querySelector("td.pick input[name=chon]");
    if (box) { event.dataTransfer.setData("text/plain", box.value); event.dataTransfer.effectAllowed = "move"; }
  });
  document.addEventListener("dragover", function (event) {
    var row = around(event.target, "tr[data-drop]"), takes = row && row.dataset.drop;
    if (takes) { event.preventDefault(); }
    over(takes ? row : null);
  });
  document.addEventListener("dragend", function () { over(null); });
  document.addEventListener("drop", function (event) {
    var row = around(event.target, "tr[data-drop]"), to = document.getElementById("nguoi-nhan");
    over(null);
    if (!row || !to || !row.dataset.drop) { return; }
    event.preventDefault();
    var box = document.querySelector("input[name=chon][value='" + CSS.escape(event.dataTransfer.getData("text/plain")) + "']");
    if (!box) { return; }
    dropped = { box: box, ticked: box.checked, to: to.value };
    box.checked = true;
    to.value = row.dataset.drop;
    chosen("Thêm lý do nếu việc đang có người giữ, rồi bấm Chuyển việc. Phím Esc để bỏ.");
    document.getElementById("ly-do").focus();
  });

  // What is chosen is said, to eyes and to screen readers alike, however it was chosen: by tick, by key, by drag.
  var dropped = null;
  function chosen(more) {
    var told = document.getElementById("da-chon"), to = document.getElementById("nguoi-nhan");
    if (!told || !to) { return; }
    var count = document.querySelectorAll("td.pick input[name=chon]:checked").length;
    var name = to.value ? to.options[to.selectedIndex].text : "";
    told.querySelector("span").textContent = count
      ? "Đã chọn " + count + " việc" + (name ? ", chuyển cho " + name : "") + ". " + (more || "") : "";
    told.classList.toggle("is-on", count > 0);
  }
  document.addEventListener("change", function (event) {
    if (event.target.name === "chon" || event.target.id === "nguoi-nhan") { chosen(""); }
  });
  document.addEventListener("click", function (event) { if (event.target.closest("[data-tick]")) { chosen(""); } });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || !dropped) { return; }
    dropped.box.checked = dropped.ticked;
    document.getElementById("nguoi-nhan").value = dropped.to;
    chosen("");
    var told = document.getElementById("da-chon");
    told.querySelector("span").textContent = "Đã bỏ việc vừa kéo. " + told.querySelector("span").textContent;
    dropped.box.focus();
    dropped = null;
  });
})();
