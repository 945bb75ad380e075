/* Small conveniences on top of pages that work without them. */
(function () {
  "use strict";

  var CONFIRMED = "confirmed";
  var DRAFT_DAYS = 3;

  function each(root, selector, work) {
    if (root.matches && root.matches(selector)) work(root);
    Array.prototype.forEach.call(root.querySelectorAll(selector), work);
  }

  /* data-confirm: asks once more, in words, before a form is sent. */
  function askFirst(event) {
    var form = event.target;
    var dialog = document.getElementById("confirm");
    if (!form.dataset.confirm || form.dataset[CONFIRMED] || !dialog || !dialog.showModal) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    var button = event.submitter;
    var yes = dialog.querySelector("[value=yes]");
    dialog.querySelector("p").textContent = form.dataset.confirm;
    yes.textContent = form.dataset.confirmLabel || yes.textContent;
    yes.className = button ? button.className : yes.className;
    dialog.returnValue = "";
    dialog.onclose = function () {
      if (dialog.returnValue !== "yes") { if (button) button.focus(); return; }
      form.dataset[CONFIRMED] = "1";
      if (button) button.click(); else form.requestSubmit();
    };
    dialog.showModal();
  }

  /* A form is sent once, however often the button is pressed; data-download: its answer is a file, and it may be sent again. */
  function sendOnce(event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "download" in form.dataset) return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = "1";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  }

  /* data-count: how many characters are left. */
  function countCharacters(field) {
    var line = document.createElement("p");
    line.className = "char-count num";
    line.setAttribute("aria-live", "polite");
    field.after(line);
    function show() { line.textContent = field.dataset.count.replace("{}", String(field.maxLength - field.value.length)); }
    field.addEventListener("input", show);
    show();
  }

  /* data-copy: copies the code whole. */
  function offerCopy(button) {
    var words = button.querySelector("span");
    var before = words.textContent;
    button.hidden = false;
    button.addEventListener("click", function () {
      copyText(button.dataset.copy).then(function () {
        words.textContent = button.dataset.copied;
        setTimeout(function () { words.textContent = before; }, 3000);
      });
    });
  }

  function copyText(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    var field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.appendChild(field);
    field.select();
    var copied = document.execCommand("copy");
    field.remove();
    return copied ? Promise.resolve() : Promise.reject(new Error("copy refused"));
  }

  /* data-alone: this answer excludes the others of its group. */
  function excludeOthers(event) {
    var input = event.target;
    if (input.type !== "checkbox" || !input.checked || !input.closest(".answers")) return;
    each(input.closest(".answers"), "input", function (other) {
      if (other !== input && ("alone" in input.dataset || "alone" in other.dataset)) other.checked = false;
    });
  }

  /* data-previews: what the camera took, drawn small before it is sent. */
  function preview(input) {
    var list = document.getElementById(input.dataset.previews);
    input.addEventListener("change", function () {
      list.textContent = "";
      Array.prototype.forEach.call(input.files, function (file) {
        var item = list.appendChild(document.createElement("li"));
        item.textContent = file.name;
        if (!window.createImageBitmap) return;
        createImageBitmap(file).then(function (picture) {
          var canvas = document.createElement("canvas");
          var side = Math.min(picture.width, picture.height);
          canvas.width = canvas.height = 192;
          canvas.getContext("2d").drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, 192, 192);
          item.prepend(canvas);
          picture.close();
        }, function () { /* not a picture: its name is enough */ });
      });
    });
  }

  /* What was typed into a form with a text area, or with data-autosave="key", survives a lost network, an ended session or a
     closed tab: on this device, for this user, for a few days. Fields marked data-private, passwords, files and hidden fields
     are never kept. */
  var drafts = {
    prefix: "draft:" + (document.body.dataset.user || "") + ":",
    fields: function (form) {
      return Array.prototype.filter.call(form.elements, function (field) {
        return field.name && !("private" in field.dataset) && !/^(hidden|password|file|submit|button|fieldset)$/.test(field.type);
      });
    },
    read: function (form) {
      return drafts.fields(form).map(function (field) {
        return /^(checkbox|radio)$/.test(field.type) ? field.checked : field.value;
      });
    },
    fill: function (form, values) {
      drafts.fields(form).forEach(function (field, index) {
        if (/^(checkbox|radio)$/.test(field.type)) field.checked = values[index]; else field.value = values[index];
      });
    },
    keep: function (form) {
      if (form.method !== "post" || !(form.dataset.autosave || form.querySelector("textarea"))) return;
      var key = drafts.prefix + (form.dataset.autosave || new URL(form.action).pathname);
      var known = JSON.stringify(drafts.read(form));
      var stored = JSON.parse(localStorage.getItem(key) || "null");
      if (stored && Date.now() - stored.at < DRAFT_DAYS * 86400000 && JSON.stringify(stored.values) !== known && stored.values.length === drafts.fields(form).length) {
        drafts.restore(form, key, stored.values, JSON.parse(known));
      }
      var timer;
      form.addEventListener("input", function () {
        clearTimeout(timer);
        timer = setTimeout(function () {
          localStorage.setItem(key, JSON.stringify({ at: Date.now(), values: drafts.read(form) }));
        }, 400);
      });
      form.addEventListener("submit", function () { sessionStorage.setItem("sent-draft", key); });
    },
    restore: function (form, key, values, known) {
      var template = document.getElementById("draft-note");
      drafts.fill(form, values);
      if (!template) return;
      var note = form.parentNode.insertBefore(template.content.firstElementChild.cloneNode(true), form);
      note.querySelector("button").addEventListener("click", function () {
        localStorage.removeItem(key);
        drafts.fill(form, known);
        note.remove();
      });
    },
    forget: function () {
      var sent = sessionStorage.getItem("sent-draft");
      if (sent && document.querySelector("[data-notice=done]")) localStorage.removeItem(sent);
      sessionStorage.removeItem("sent-draft");
      Object.keys(localStorage).forEach(function (key) {
        if (key.indexOf("draft:") !== 0) return;
        var stored = JSON.parse(localStorage.getItem(key));
        if (Date.now() - stored.at > DRAFT_DAYS * 86400000) localStorage.removeItem(key);
      });
    }
  };

  /* Typing is not idling: the session does not end under somebody who writes a long text. */
  var STAY = 240000;
  var stayed = Date.now();
  function stay() {
    if (!document.body.dataset.stay || Date.now() - stayed < STAY) return;
    stayed = Date.now();
    fetch(document.body.dataset.stay, { credentials: "same-origin" }).catch(function () { /* without a network nothing ends sooner */ });
  }

  /* Signing out on purpose leaves nothing of this user on the device. */
  function forgetDrafts(event) {
    if (!("forgetDrafts" in event.target.dataset)) return;
    Object.keys(localStorage).forEach(function (key) {
      if (key.indexOf(drafts.prefix) === 0) localStorage.removeItem(key);
    });
  }

  /* A panel that could not be loaded says so and offers to try again; its link stays where it was. */
  function panelFailed(event) {
    var panel = event.target.closest && event.target.closest("[data-failed]");
    if (!panel || panel.querySelector("[data-retry-button]")) return;
    var line = panel.appendChild(document.createElement("p"));
    var button = document.createElement("button");
    line.textContent = panel.dataset.failed + " ";
    button.type = "button";
    button.className = "link-button";
    button.dataset.retryButton = "";
    button.textContent = panel.dataset.retry;
    button.addEventListener("click", function () { line.remove(); window.htmx.trigger(panel, "retry"); });
    line.appendChild(button);
  }

  /* A part of the page that was answered by the sign-in page (after a time-out): load the whole page anew instead. */
  function signedOut(event) {
    var answered = event.detail.xhr.responseURL;
    if (!answered || new URL(answered).pathname !== document.body.dataset.signIn) return;
    event.detail.shouldSwap = false;
    location.reload();
  }

  /* On paper every fold is open. */
  function openFolds() {
    each(document, "details:not([open]):not(.menu)", function (fold) { fold.open = true; fold.dataset.opened = ""; });
  }
  function closeFolds() {
    each(document, "details[data-opened]", function (fold) { fold.open = false; delete fold.dataset.opened; });
  }

  function furnish(root) {
    each(root, "[data-count]", countCharacters);
    each(root, "[data-copy]", offerCopy);
    each(root, "[data-previews]", preview);
    if (document.body.dataset.user) each(root, "main form", drafts.keep);
    each(root, "[data-focus]", function (summary) { summary.focus(); });
  }

  document.addEventListener("submit", askFirst, true);
  document.addEventListener("submit", sendOnce);
  document.addEventListener("submit", forgetDrafts);
  document.addEventListener("change", excludeOthers);
  document.addEventListener("input", stay);
  document.addEventListener("htmx:responseError", panelFailed);
  document.addEventListener("htmx:sendError", panelFailed);
  document.addEventListener("htmx:beforeSwap", signedOut);
  document.addEventListener("htmx:load", function (event) { if (event.target !== document.body) furnish(event.target); });
  window.addEventListener("beforeprint", openFolds);
  window.addEventListener("afterprint", closeFolds);
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) each(document, "form[data-sending]", function (form) { delete form.dataset.sending; });
  });
  drafts.forget();
  furnish(document);
})();
