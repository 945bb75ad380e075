/* “Check it here” on the page of a draw: hands the bundle to the worker and shows what it checked. */
(function () {
  "use strict";

  var section = document.getElementById("draw-check");
  if (!section || !window.Worker || !window.DecompressionStream || !Blob.prototype.stream) return; // the page says how else

  var says = JSON.parse(section.dataset.says);
  var list = section.querySelector("ol");
  var status = section.querySelector("[role=status]");
  var verdict = section.querySelector(".draw-check-verdict");
  var controls = section.querySelector(".draw-check-controls");
  var noted = section.querySelector("[name=noted]");
  var file = section.querySelector("[type=file]");
  var worker = null, outcomes = [];

  function sentence(key, values) {
    return (says[key] || key).replace(/\{(\w+)\}/g, function (whole, name) { return name in values ? grouped(values[name]) : whole; });
  }

  function grouped(value) { return typeof value === "number" ? value.toLocaleString("en") : value; }

  function line(words, kind) {
    var paragraph = document.createElement("p");
    paragraph.textContent = words;
    if (kind) paragraph.className = kind;
    return paragraph;
  }

  function show(check) {
    var item = document.createElement("li"), mark = document.createElement("b");
    var outcome = check.ok === null ? "open" : check.ok ? "passed" : "wrong";
    outcomes.push(check.ok);
    item.className = outcome;
    mark.textContent = says["outcome_" + outcome];
    item.append(mark, document.createElement("div"));
    item.lastChild.append(line(says["title_" + check.name], "draw-check-title"));
    if (check.file) item.lastChild.append(line(sentence(check.line ? "at_line" : "in_file", check), "draw-check-place"));
    item.lastChild.append(line(sentence(check.says, check.values)));
    (check.values.strata instanceof Array ? check.values.strata : []).forEach(function (stratum) {
      item.lastChild.append(line(sentence(stratum.drawn < stratum.required ? "stratum_short" : "stratum", stratum)));
    });
    list.append(item);
  }

  function end(seconds) {
    var bad = outcomes.indexOf(false) >= 0;
    worker.terminate();
    worker = null;
    controls.disabled = false;
    status.textContent = sentence("finished", { seconds: seconds.toFixed(1) });
    verdict.className = "draw-check-verdict notice " + (bad ? "notice-refused" : "notice-done");
    verdict.textContent = sentence(bad ? "verdict_wrong" : "verdict_passed", { passed: outcomes.filter(Boolean).length });
    verdict.hidden = false;
    verdict.focus();
  }

  function begin(order) {
    if (worker) return;
    worker = new Worker(section.dataset.worker);
    outcomes = [];
    list.textContent = "";
    verdict.hidden = true;
    controls.disabled = true;
    worker.onmessage = function (event) {
      var told = event.data;
      if (told.check) show(told.check);
      else if (told.end) end(told.end.seconds);
      else status.textContent = sentence(told.total ? "progress_lines" : "progress", { step: says["title_" + told.progress], done: told.done, total: told.total });
    };
    worker.onerror = function (event) {
      event.preventDefault();
      show({ name: "bundle", ok: false, says: "damaged", values: {}, file: null, line: null });
      end(0);
    };
    worker.postMessage(Object.assign({ noted: noted.value }, order));
  }

  section.querySelector("button").addEventListener("click", function () { begin({ url: section.dataset.bundle }); });
  file.addEventListener("change", function () {
    if (file.files.length) begin({ file: file.files[0] });
    file.value = "";
  });
  section.querySelector(".draw-check-without").hidden = true;
  controls.hidden = false;
})();
