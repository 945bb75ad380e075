/* A visit without a network: keeps the pages of the day's cases on the device, shows what waits there, and sends it as soon
   as that works. The server takes the same answer or photo twice without harm, so sending again is always safe. */
(function () {
  "use strict";

  var root = document.querySelector("[data-visit-worker]");
  if (!root || !navigator.serviceWorker || !window.indexedDB) return;

  var words = root.dataset;
  var user = document.body.dataset.user;
  var OWNER = "visits-of";
  var AGAIN = 8000;
  var sending = false;

  if (localStorage.getItem(OWNER) !== user) {
    caches.delete("visit-pages");
    localStorage.setItem(OWNER, user);
  }

  navigator.serviceWorker.register(words.visitWorker).then(function () { return navigator.serviceWorker.ready; }).then(function (worker) {
    var keep = Array.prototype.map.call(document.querySelectorAll("[data-keep]"), function (link) { return link.getAttribute("href"); });
    if (keep.length && !("kept" in document.body.dataset)) worker.active.postMessage({ keep: keep });
  });

  function waiting(work, mode) {
    return new Promise(function (resolve, reject) {
      var opening = indexedDB.open("visits", 1);
      opening.onupgradeneeded = function () { opening.result.createObjectStore("waiting", { keyPath: "id", autoIncrement: true }); };
      opening.onerror = function () { reject(opening.error); };
      opening.onsuccess = function () {
        var asked = work(opening.result.transaction("waiting", mode).objectStore("waiting"));
        asked.onsuccess = function () { opening.result.close(); resolve(asked.result); };
        asked.onerror = function () { opening.result.close(); reject(asked.error); };
      };
    });
  }
  function mine(piece) { return piece.values.some(function (pair) { return pair[0] === "sent_by" && pair[1] === user; }); }
  function all() {
    return waiting(function (store) { return store.getAll(); }, "readonly").then(function (pieces) { return pieces.filter(mine); });
  }
  function drop(piece) { return waiting(function (store) { return store.delete(piece.id); }, "readwrite"); }
  function mark(piece, why) { piece.refused = why; return waiting(function (store) { return store.put(piece); }, "readwrite"); }

  /* One after the other, in the order in which they were written. */
  function sendAll() {
    if (sending) return;
    sending = true;
    all().then(function (pieces) {
      var open = pieces.filter(function (piece) { return !piece.refused; });
      var sent = 0;
      return open.reduce(function (before, piece) {
        return before.then(function () { return send(piece); }).then(function () { sent += 1; });
      }, Promise.resolve()).then(function () { if (sent) location.reload(); });
    }).catch(function () { setTimeout(sendAll, AGAIN); }).then(function () { sending = false; show(); });
  }

  function send(piece) {
    var form = new FormData();
    var token = document.querySelector("[name=csrf_token]");
    piece.values.forEach(function (pair) { form.append(pair[0], pair[1]); });
    if (token) form.append("csrf_token", token.value);
    return fetch(piece.path, { method: "POST", body: form, credentials: "same-origin" }).then(function (answer) {
      if (new URL(answer.url).pathname === document.body.dataset.signIn) { location.reload(); throw new Error("signed out"); }
      if (answer.ok) return drop(piece);
      if (answer.status >= 500 || answer.status === 400) throw new Error(String(answer.status));
      return answer.text().then(function (page) {
        var said = new DOMParser().parseFromString(page, "text/html").querySelector(".error-summary li, main p");
        return mark(piece, said ? said.textContent.trim() : String(answer.status));
      });
    });
  }

  function line(text, className) {
    var p = document.createElement("p");
    p.textContent = text;
    if (className) p.className = className;
    return p;
  }

  /* One note on top: where this page comes from, and what still waits on the device. */
  function show() {
    var kept = document.body.dataset.kept;
    all().then(function (pieces) {
      var note = root.querySelector(".notice div");
      note.textContent = "";
      root.hidden = !pieces.length && kept === undefined && navigator.onLine;
      if (kept !== undefined) {
        var since = new Date(kept);
        note.appendChild(line(words.kept.replace("{}", isNaN(since) ? "" : since.toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" })), "notice-title"));
      } else if (!navigator.onLine) note.appendChild(line(words.offline, "notice-title"));
      if (pieces.length) note.appendChild(line(words.waiting.replace("{}", String(pieces.length)), "notice-title"));
      pieces.forEach(function (piece) {
        var link = document.querySelector('main a[href="' + piece.path + '"]');
        var item = link && link.closest("li");
        if (item && !item.querySelector(".on-device")) { var tag = line(words.tag, "on-device"); item.querySelector("div").appendChild(tag); }
        if (piece.refused) note.appendChild(refusal(piece));
      });
      next(pieces);
    });
  }

  function refusal(piece) {
    var p = line(piece.refused + " ");
    var link = document.createElement("a");
    var button = document.createElement("button");
    link.href = piece.path;
    link.textContent = words.look;
    button.type = "button";
    button.className = "link-button";
    button.textContent = words.drop;
    button.addEventListener("click", function () { drop(piece).then(show); });
    p.append(link, " ", button);
    return p;
  }

  /* The one button on a visit's page leads past the items that wait on the device. */
  function next(pieces) {
    var button = document.querySelector("[data-next-item]");
    if (!button || document.body.dataset.kept === undefined) return;
    var done = pieces.map(function (piece) { return piece.path; });
    var open = Array.prototype.filter.call(document.querySelectorAll("[data-open-item]"), function (link) {
      return done.indexOf(link.getAttribute("href")) < 0;
    });
    button.hidden = !open.length;
    if (open.length) {
      button.href = open[0].getAttribute("href");
      button.querySelector("span").textContent = open[0].dataset.openItem;
    }
  }

  window.addEventListener("online", sendAll);
  window.addEventListener("offline", show);
  document.addEventListener("submit", function (event) { if ("forgetDrafts" in event.target.dataset) caches.delete("visit-pages"); });
  show();
  if (navigator.onLine) sendAll();
})();
