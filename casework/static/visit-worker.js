/* Stands between the pages of a visit and the network (scope /cases/): pages that were seen are kept on the device, and what
   is handed in without a network waits there until visit.js sends it. Nothing else passes through here changed. */
"use strict";

var PAGES = "visit-pages";
var PARTS = "visit-parts";
var KEPT = /^\/cases\/(mine|\d+\/(visit|evidence|items\/\d+))$/;
var WAITS = /^\/cases\/(\d+)\/(evidence|items\/\d+)$/;
var PATIENCE = 8000; /* milliseconds after which a page is taken from the device, if it is there */

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

self.addEventListener("fetch", function (event) {
  var request = event.request;
  var url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "GET" && url.pathname.indexOf("/static/") === 0) event.respondWith(part(request));
  else if (request.mode === "navigate" && request.method === "GET" && KEPT.test(url.pathname)) event.respondWith(page(request, url));
  else if (request.mode === "navigate" && request.method === "POST" && WAITS.test(url.pathname)) event.respondWith(send(request, url));
});

/* visit.js names the pages that will be needed: of the cases of the day. */
self.addEventListener("message", function (event) {
  event.waitUntil(caches.open(PAGES).then(function (kept) {
    return event.data.keep.reduce(function (before, path) {
      return before.then(function () { return fetch(path, { credentials: "same-origin" }); })
        .then(function (answer) { return keep(kept, path, answer); })
        .catch(function () { /* the next one may come through */ });
    }, Promise.resolve());
  }));
});

/* The address of a style, script or picture changes with its bytes. */
function part(request) {
  return caches.match(request).then(function (found) {
    return found || fetch(request).then(function (answer) {
      if (answer.ok) { var copy = answer.clone(); caches.open(PARTS).then(function (parts) { parts.put(request, copy); }); }
      return answer;
    });
  });
}

function page(request, url) {
  return caches.open(PAGES).then(function (kept) {
    var fresh = fetch(request).then(function (answer) {
      return keep(kept, url.pathname, answer.clone()).then(function () { return answer; });
    });
    return kept.match(url.pathname).then(function (found) {
      if (!found) return fresh;
      var tired = new Promise(function (_resolve, reject) { setTimeout(reject, PATIENCE); });
      return Promise.race([fresh, tired]).catch(function () { return fromDevice(found); });
    });
  });
}

function keep(kept, path, answer) {
  return answer.ok && !answer.redirected && answer.type === "basic" ? kept.put(path, answer) : Promise.resolve();
}

/* A page from the device says so, and since when it lies there. */
function fromDevice(found) {
  return found.text().then(function (words) {
    var since = found.headers.get("Date") || "";
    return new Response(words.replace("<body ", '<body data-kept="' + since.replace(/"/g, "") + '" '), { headers: found.headers });
  });
}

/* What cannot be sent is kept whole, photos included, and the visit goes on. */
function send(request, url) {
  var copy = request.clone();
  return fetch(request).catch(function () {
    return copy.formData().then(function (form) { return store(url.pathname, form); }).then(function () {
      return Response.redirect("/cases/" + WAITS.exec(url.pathname)[1] + "/visit", 303);
    });
  });
}

function store(path, form) {
  var values = [];
  form.forEach(function (value, name) { if (name !== "csrf_token") values.push([name, value]); });
  return new Promise(function (resolve, reject) {
    var opening = indexedDB.open("visits", 1);
    opening.onupgradeneeded = function () { opening.result.createObjectStore("waiting", { keyPath: "id", autoIncrement: true }); };
    opening.onerror = function () { reject(opening.error); };
    opening.onsuccess = function () {
      var change = opening.result.transaction("waiting", "readwrite");
      change.objectStore("waiting").add({ path: path, values: values, at: Date.now() });
      change.oncomplete = resolve;
      change.onerror = function () { reject(change.error); };
    };
  });
}
