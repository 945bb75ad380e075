/* Checks a sealed draw (sealed-draw/1) in the reader's own browser: every step is done again from the bytes of the bundle,
   and no answer of a server is believed. It shares no code with the program that drew, nor with verify.py.
   In:  {url} or {file}, and `noted`, the commitment that the reader wrote down before the draw ("" for none).
   Out: {progress, done, total} · {check: {name, ok, says, values, file, line}} · {end: {seconds}}.
   `ok` is null for a check that could not be made; `says` names a sentence of the page. */
"use strict";

var PROTOCOL = "sealed-draw/1";
var COMMITTED = ["parameters.json", "pool.tsv", "officers.tsv"];
var HEX_32 = /^[0-9a-f]{64}$/;
var MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/;
var OFTEN = 50000; // progress is told after so many lines

/* What a check found wrong, and where. */
function Wrong(says, file, line, values) { this.says = says; this.file = file; this.line = line; this.values = values; }
function wrong(says, file, line, values) { throw new Wrong(says, file, line || null, values || {}); }

// ---- SHA-256 (FIPS 180-4): the browser's own is slow for a million short messages, and missing without https -------------

var K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2]);
var START = new Int32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);
var words = new Int32Array(64);
var state = new Int32Array(8); // the hash of the last message

function rotate(x, n) { return (x >>> n) | (x << (32 - n)); }

/* The 64 words that are made of the 64 bytes from `at` on. */
function expand(bytes, at, words) {
  for (var i = 0; i < 16; i++, at += 4) words[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
  for (; i < 64; i++) {
    var x = words[i - 15], y = words[i - 2];
    words[i] = words[i - 16] + words[i - 7] + (rotate(x, 7) ^ rotate(x, 18) ^ x >>> 3) + (rotate(y, 17) ^ rotate(y, 19) ^ y >>> 10);
  }
  return words;
}

/* Works 64 words into `state`. */
function work(words) {
  var a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (var i = 0; i < 64; i++) {
    var x = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (e & f ^ ~e & g) + K[i] + words[i] | 0;
    var y = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + x | 0; d = c; c = b; b = a; a = x + y | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

var tail = new Uint8Array(128);
tail[0] = 0x80; tail[62] = 2;
var AFTER_64 = expand(tail, 0, new Int32Array(64)); // what is added to a message of 64 bytes, such as seed and seal

/* Hashes the bytes into `state`. */
function hash(bytes, length) {
  var whole = length - length % 64, rest = length - whole, end = rest < 56 ? 64 : 128;
  state.set(START);
  for (var at = 0; at < whole; at += 64) work(expand(bytes, at, words));
  if (length === 64) { work(AFTER_64); return; }
  tail.fill(0);
  for (var i = 0; i < rest; i++) tail[i] = bytes[whole + i];
  tail[rest] = 0x80;
  for (var bits = length * 8, place = end - 1; bits > 0; bits = Math.floor(bits / 256), place--) tail[place] = bits % 256;
  for (at = 0; at < end; at += 64) work(expand(tail, at, words));
}

var HEX = [];
for (var byte = 0; byte < 256; byte++) HEX.push((byte + 256).toString(16).slice(1));

function stateHex() {
  var text = "";
  for (var i = 0; i < 8; i++) {
    var word = state[i];
    text += HEX[word >>> 24] + HEX[word >>> 16 & 255] + HEX[word >>> 8 & 255] + HEX[word & 255];
  }
  return text;
}

function hashHex(bytes) { hash(bytes, bytes.length); return stateHex(); }

/* The bytes of texts and byte arrays, one after the other. */
function joined(parts) {
  var all = parts.map(function (part) { return typeof part === "string" ? new TextEncoder().encode(part) : part; });
  var bytes = new Uint8Array(all.reduce(function (sum, part) { return sum + part.length; }, 0));
  all.reduce(function (at, part) { bytes.set(part, at); return at + part.length; }, 0);
  return bytes;
}

function bytesOf(hex) {
  var bytes = new Uint8Array(hex.length / 2);
  for (var i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.substr(2 * i, 2), 16);
  return bytes;
}

// ---- The archive -----------------------------------------------------------------------------------------------------

/* The files of a zip archive, unpacked, by name. A deflated entry is given a gzip frame: so the browser unpacks it, and
   checks its length and sum. */
async function unpack(bytes) {
  var view = new DataView(bytes.buffer), files = {}, end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) wrong("damaged", null);
  var count = view.getUint16(end + 10, true), at = view.getUint32(end + 16, true);
  for (var entry = 0; entry < count; entry++) {
    if (view.getUint32(at, true) !== 0x02014b50) wrong("damaged", null);
    var method = view.getUint16(at + 10, true), packed = view.getUint32(at + 20, true), local = view.getUint32(at + 42, true);
    var nameLength = view.getUint16(at + 28, true);
    var name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    var start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    var data = bytes.subarray(start, start + packed);
    if (data.length !== packed || (method !== 0 && method !== 8)) wrong("damaged", name);
    files[name] = method === 0 ? data : await inflated(data, bytes.subarray(at + 16, at + 20), bytes.subarray(at + 24, at + 28), name);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

async function inflated(data, sum, length, name) {
  var framed = new Blob([new Uint8Array([31, 139, 8, 0, 0, 0, 0, 0, 0, 255]), data, sum, length]);
  try {
    return new Uint8Array(await new Response(framed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  } catch (_error) {
    return wrong("damaged", name);
  }
}

// ---- Reading files ---------------------------------------------------------------------------------------------------

function content(files, name) { return files[name] || wrong("missing_file", name); }

function text(bytes, name, line) {
  try { return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch (_error) { return wrong("not_utf8", name, line); }
}

function json(files, name) {
  var value = null;
  try { value = JSON.parse(text(content(files, name), name, 1)); } catch (error) { if (error instanceof Wrong) throw error; }
  return isObject(value) ? value : wrong("not_json", name, 1);
}

/* Calls `each(line, columns)` for every line, which ends with one line feed. */
function rows(files, name, columns, each) {
  var bytes = content(files, name), start = 0, line = 0;
  while (start < bytes.length) {
    var end = bytes.indexOf(10, start);
    line++;
    if (end < 0) wrong("line_end", name, line);
    var row = text(bytes.subarray(start, end), name, line);
    if (row.indexOf("\r") >= 0) wrong("line_end", name, line);
    var cells = row.split("\t");
    if (cells.length !== columns) wrong("columns", name, line, { wanted: columns, found: cells.length });
    each(line, cells);
    start = end + 1;
  }
  return line;
}

function isObject(value) { return value !== null && typeof value === "object" && !Array.isArray(value); }
function isWhole(value, lowest, highest) { return Number.isSafeInteger(value) && value >= lowest && value <= highest; }
function isHex(value) { return typeof value === "string" && HEX_32.test(value); }
function isMoment(value) { return typeof value === "string" && MOMENT.test(value); }
function short(values) { return values.map(function (value) { return value.length <= 24 ? value : value.slice(0, 20) + "…"; }).join(" "); }

// ---- What was fixed before the draw ----------------------------------------------------------------------------------

function checkParameters(files) {
  var name = "parameters.json", value = json(files, name);
  function demand(condition, field) { if (!condition) wrong("bad_field", name, 1, { field: field }); }
  demand(value.protocol === PROTOCOL, "protocol");
  demand(typeof value.campaign === "string", "campaign");
  demand(isMoment(value.frozen_at), "frozen_at");
  demand(isHex(value.nonce_commitment), "nonce_commitment");
  demand(isWhole(value.officers_per_case, 1, Number.MAX_SAFE_INTEGER), "officers_per_case");
  demand(Array.isArray(value.strata), "strata");
  var labels = value.strata.map(function (stratum) {
    demand(isObject(stratum) && typeof stratum.label === "string", "strata.label");
    demand(isWhole(stratum.floor_bp, 0, 10000), "strata.floor_bp");
    demand(!("size" in stratum) || isWhole(stratum.size, 0, Number.MAX_SAFE_INTEGER), "strata.size");
    return stratum.label;
  });
  demand(new Set(labels).size === labels.length, "strata.label");
  if (canonical(value) !== text(content(files, name), name, 1)) wrong("not_canonical", name, 1);
  return [value, "parameters_ok", { campaign: value.campaign, frozen: value.frozen_at, strata: labels.length, officers: value.officers_per_case }];
}

/* RFC 8785 for objects, lists, strings and whole numbers; what is none of these comes out different. */
function canonical(value) {
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  if (isObject(value)) {
    return "{" + Object.keys(value).sort().map(function (key) { return JSON.stringify(key) + ":" + canonical(value[key]); }).join(",") + "}";
  }
  return typeof value === "string" || Number.isSafeInteger(value) ? JSON.stringify(value) : "?";
}

var NIBBLE = new Uint8Array(256).fill(255);
for (var digit = 0; digit < 16; digit++) NIBBLE["0123456789abcdef".charCodeAt(digit)] = digit;

/* The pool as bytes: seals one after the other, and of each line its stratum, or 255 where it may not be drawn. A million
   lines are read here, so they are not made into texts. */
function checkPool(files, parameters) {
  var name = "pool.tsv", bytes = content(files, name), labels = parameters.strata.map(function (stratum) { return joined([stratum.label]); });
  var count = 0, at = -1;
  while ((at = bytes.indexOf(10, at + 1)) >= 0) count++;
  if (bytes.length && bytes[bytes.length - 1] !== 10) wrong("line_end", name, count + 1);
  var pool = { seals: new Uint8Array(32 * count), stratum: new Uint8Array(count), members: labels.map(function () { return 0; }) };
  if (labels.length >= OUT) wrong("bad_field", "parameters.json", 1, { field: "strata" });
  var eligible = 0;
  for (var line = 1, start = 0; line <= count; line++) {
    var end = bytes.indexOf(10, start), tab = bytes.indexOf(9, start);
    var columns = 1;
    for (var i = start; i < end; i++) { if (bytes[i] === 9) columns++; else if (bytes[i] === 13) wrong("line_end", name, line); }
    if (columns !== 3) wrong("columns", name, line, { wanted: 3, found: columns });
    var place = labels.findIndex(function (label) { return label.length === tab - start && label.every(function (one, j) { return one === bytes[start + j]; }); });
    readSeal(bytes, tab + 1, pool.seals, line, name);
    if (place < 0) wrong("unknown_stratum", name, line, { found: short([text(bytes.subarray(start, tab), name, line)]) });
    var status = tab + 66, inside = end - status === 2 && bytes[status] === 105 && bytes[status + 1] === 110;
    if (!inside && !/^out:./.test(text(bytes.subarray(status, end), name, line))) wrong("bad_status", name, line);
    pool.members[place]++;
    pool.stratum[line - 1] = inside ? place : OUT;
    if (inside) eligible++;
    start = end + 1;
    if (line % OFTEN === 0) tell("pool", line, count);
  }
  return [pool, "pool_ok", { total: count, eligible: eligible, excluded: count - eligible }];
}

var OUT = 255;

/* Reads the 64 hex digits of the seal of a line, which ends with a tab, and sees that seals ascend. */
function readSeal(bytes, at, seals, line, name) {
  var to = 32 * (line - 1), order = line === 1 ? 1 : 0;
  for (var i = 0; i < 32; i++) {
    var high = NIBBLE[bytes[at + 2 * i]], low = NIBBLE[bytes[at + 2 * i + 1]];
    if (high > 15 || low > 15) wrong("bad_seal", name, line);
    seals[to + i] = high << 4 | low;
    if (order === 0) order = seals[to + i] - seals[to + i - 32];
  }
  if (bytes[at + 64] !== 9) wrong("bad_seal", name, line);
  if (order <= 0) wrong("bad_order", name, line);
}

function checkOfficers(files) {
  var officers = new Set(), last = "";
  rows(files, "officers.tsv", 1, function (line, cells) {
    if (!HEX_32.test(cells[0])) wrong("bad_seal", "officers.tsv", line);
    if (cells[0] <= last) wrong("bad_order", "officers.tsv", line);
    officers.add(last = cells[0]);
  });
  return [officers, "officers_ok", { total: officers.size }];
}

var recomputed = new WeakMap(); // two checks ask for it, and a large pool takes its time

function recomputedCommitment(files) {
  if (!recomputed.has(files)) {
    var hashes = COMMITTED.map(function (name) { return hashHex(content(files, name)) + "\n"; });
    recomputed.set(files, hashHex(joined([PROTOCOL + " commitment\n"].concat(hashes))));
  }
  return recomputed.get(files);
}

function checkCommitment(files, noted) {
  var name = "commitment.json", value = json(files, name);
  if (!isHex(value.commitment) || !isMoment(value.published_at)) wrong("bad_field", name, 1, { field: "commitment, published_at" });
  var found = recomputedCommitment(files);
  if (value.commitment !== found) {
    var told = seedIsMadeFrom(found, files) ? name : COMMITTED.join(", "); // the seed shows which of the two was changed
    wrong("changed_since", told, told === name ? 1 : null, { found: short([found]), told: short([value.commitment]) });
  }
  if (noted && noted !== found) wrong("not_as_noted", name, 1);
  return [found, noted ? "commitment_noted" : "commitment_ok", { commitment: found, moment: value.published_at }];
}

// ---- What was made public at the draw --------------------------------------------------------------------------------

function checkReveal(files) {
  var name = "reveal.json", value = json(files, name);
  ["nonce", "seed"].forEach(function (field) { if (!isHex(value[field])) wrong("bad_field", name, 1, { field: field }); });
  if (!Array.isArray(value.contributions)) wrong("bad_field", name, 1, { field: "contributions" });
  var texts = value.contributions.map(function (one, place) {
    if (!isObject(one) || typeof one.by !== "string" || !isContribution(one.text)) wrong("bad_contribution", name, 1, { place: place + 1 });
    return one.text;
  });
  return [{ nonce: value.nonce, texts: texts, seed: value.seed }, texts.length ? "reveal_ok" : "reveal_none", { total: texts.length }];
}

/* One line of at most 200 characters, in Unicode NFC, that can be written as UTF-8. */
function isContribution(line) {
  return typeof line === "string" && Array.from(line).length <= 200 && line.indexOf("\n") < 0 && line.normalize("NFC") === line &&
    !/[\ud800-\udbff](?![\udc00-\udfff])|(?:[^\ud800-\udbff]|^)[\udc00-\udfff]/.test(line);
}

function checkNonce(parameters, reveal, committed) {
  var found = hashHex(joined([PROTOCOL + " nonce\n", bytesOf(reveal.nonce)]));
  if (found !== parameters.nonce_commitment) wrong("wrong_nonce", committed ? "reveal.json" : "parameters.json", 1, { found: short([found]), told: short([parameters.nonce_commitment]) });
  return [true, "nonce_ok", {}];
}

function seedFrom(commitment, reveal) {
  return hashHex(joined([PROTOCOL + " seed\n"].concat([commitment, reveal.nonce].concat(reveal.texts).map(function (line) { return line + "\n"; }))));
}

function seedIsMadeFrom(commitment, files) {
  try { var reveal = checkReveal(files)[0]; return reveal.seed === seedFrom(commitment, reveal); } catch (_error) { return false; }
}

function checkSeed(files, reveal) {
  // Where the published commitment and the files differ, that is said already: either may be the one that was used.
  var commitments = [String(json(files, "commitment.json").commitment), recomputedCommitment(files)];
  if (!commitments.some(function (one) { return seedFrom(one, reveal) === reveal.seed; })) wrong("wrong_seed", "reveal.json", 1);
  return [reveal.seed, "seed_ok", { seed: reveal.seed }];
}

// ---- The draw itself -------------------------------------------------------------------------------------------------

function floorOf(members, stratum) {
  return members ? Math.max(1, Math.ceil(members * stratum.floor_bp / 10000)) : 0; // whole numbers below 2^53: exact
}

/* The smallest lots of one stratum so far: texts of ticket and seal, sorted and cut whenever there are too many. */
function Shortlist(required) { this.required = required; this.lots = []; this.bar = 0xffffffff; }
Shortlist.prototype.add = function (lot) {
  if (this.lots.push(lot) > 2 * this.required + 1000) this.bar = this.required ? parseInt(this.smallest()[this.required - 1].slice(0, 8), 16) : 0;
};
Shortlist.prototype.smallest = function () { this.lots = this.lots.sort().slice(0, this.required); return this.lots; };

function checkDraw(files, parameters, pool, seed) {
  var message = joined([bytesOf(seed), new Uint8Array(32)]), count = pool.stratum.length, wanted = [], strata = [];
  var lists = parameters.strata.map(function (stratum, i) { return new Shortlist(Math.max(stratum.size || 0, floorOf(pool.members[i], stratum))); });
  for (var i = 0; i < count; i++) {
    if (pool.stratum[i] !== OUT) {
      var list = lists[pool.stratum[i]], seal = pool.seals.subarray(32 * i, 32 * i + 32);
      message.set(seal, 32);
      hash(message, 64);
      if (state[0] >>> 0 <= list.bar) list.add(stateHex() + hexOf(seal));
    }
    if (i % OFTEN === 0) tell("draw", i, count);
  }
  lists.forEach(function (list, i) {
    var label = parameters.strata[i].label, lots = list.smallest();
    lots.forEach(function (lot) { wanted.push([label, lot.slice(64), lot.slice(0, 64)]); });
    strata.push({ label: label, members: pool.members[i], percent: parameters.strata[i].floor_bp / 100, floor: floorOf(pool.members[i], parameters.strata[i]), required: list.required, drawn: lots.length });
  });
  compareRows(files, "draw.tsv", wanted);
  return [wanted, "draw_ok", { total: wanted.length, strata: strata }];
}

function hexOf(bytes) { var found = ""; for (var i = 0; i < bytes.length; i++) found += HEX[bytes[i]]; return found; }

function compareRows(files, name, wanted) {
  var lines = rows(files, name, 3, function (line, cells) { compare(name, line, cells, wanted[line - 1]); });
  if (lines < wanted.length) wrong("line_missing", name, lines + 1, { wanted: short(wanted[lines]) });
}

function compare(name, line, found, wanted) {
  if (!wanted) wrong("line_extra", name, line);
  if (found.join("\t") !== wanted.join("\t")) wrong("line_differs", name, line, { wanted: short(wanted), found: short(found) });
}

function checkDuty(files, parameters, officers, drawn, seed) {
  var name = "duty.tsv", needed = parameters.officers_per_case, given = new Map(), crews = new Map(), understaffed = 0;
  var cases = drawn.map(function (one) { return one[2] + one[1]; }).sort().map(function (lot) { return lot.slice(64); });
  var message = joined([bytesOf(seed), new Uint8Array(64)]);
  var rawOf = new Map();
  officers.forEach(function (officer) { given.set(officer, 0); rawOf.set(officer, bytesOf(officer)); });

  function crewOf(listed, line) { // whole counties share one list: it is looked at once
    if (!crews.has(listed)) {
      var crew = listed ? listed.split(",") : [];
      crew.forEach(function (officer, i) {
        if (i && officer <= crew[i - 1]) wrong("crew_order", name, line);
        if (!officers.has(officer)) wrong("unknown_officer", name, line, { found: short([officer]) });
      });
      crews.set(listed, crew);
    }
    return crews.get(listed);
  }

  function firstOf(crew, seal) { // those with most cases cannot be among the first: their tickets are not needed
    var loads = crew.map(function (officer) { return given.get(officer); }).sort(function (a, b) { return a - b; });
    var most = loads[Math.min(needed, loads.length) - 1];
    message.set(bytesOf(seal), 32);
    return crew.filter(function (officer) { return given.get(officer) <= most; }).map(function (officer) {
      message.set(rawOf.get(officer), 64);
      hash(message, 96);
      return { load: given.get(officer), lot: stateHex() + officer };
    }).sort(function (a, b) { return a.load - b.load || (a.lot < b.lot ? -1 : 1); }).slice(0, needed).map(function (one) { return one.lot.slice(64); });
  }

  var lines = rows(files, name, 3, function (line, cells) {
    compare(name, line, cells.slice(0, 1), cases[line - 1] && [cases[line - 1]]);
    var chosen = firstOf(crewOf(cells[1], line), cells[0]);
    if (cells[2] !== chosen.join(",")) wrong("line_differs", name, line, { wanted: short(chosen), found: short(cells[2].split(",")) });
    chosen.forEach(function (officer) { given.set(officer, given.get(officer) + 1); });
    if (chosen.length < needed) understaffed++;
    if (line % 1000 === 0) tell("duty", line, cases.length);
  });
  if (lines < cases.length) wrong("line_missing", name, lines + 1, { wanted: short([cases[lines]]) });
  var loads = Array.from(given.values()).filter(Boolean).sort(function (a, b) { return a - b; });
  return [true, understaffed ? "duty_short" : "duty_ok", { total: cases.length, busy: loads.length, least: loads[0] || 0, most: loads[loads.length - 1] || 0, short: understaffed, needed: needed }];
}

// ---- All of it -------------------------------------------------------------------------------------------------------

function tell(name, done, total) { postMessage({ progress: name, done: done, total: total }); }

/* Makes one check and tells its outcome. Gives what it found, or null: then the checks that need this cannot be made. */
function run(name, step, needs) {
  var found = null, check = { name: name, ok: null, says: "not_made", values: {}, file: null, line: null };
  if (needs.every(function (need) { return need !== null; })) {
    try {
      var outcome = step.apply(null, needs);
      found = outcome[0];
      check = { name: name, ok: true, says: outcome[1], values: outcome[2], file: null, line: null };
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      check = { name: name, ok: false, says: error.says, values: error.values, file: error.file, line: error.line };
    }
  }
  postMessage({ check: check });
  return found;
}

function checkAll(files, noted) {
  var parameters = run("parameters", checkParameters, [files]);
  var pool = run("pool", checkPool, [files, parameters]);
  var officers = run("officers", checkOfficers, [files]);
  var committed = run("commitment", checkCommitment, [files, noted]);
  if (!files["reveal.json"] && !files["draw.tsv"] && !files["duty.tsv"]) {
    postMessage({ check: { name: "draw", ok: null, says: "undrawn", values: {}, file: null, line: null } });
    return;
  }
  var reveal = run("reveal", checkReveal, [files]);
  run("nonce", checkNonce, [parameters, reveal, committed !== null]);
  var seed = run("seed", checkSeed, [files, reveal]);
  var drawn = run("draw", checkDraw, [files, parameters, pool, seed]);
  run("duty", checkDuty, [files, parameters, officers, drawn, seed]);
}

async function bytesOfBundle(order) {
  if (order.file) return new Uint8Array(await order.file.arrayBuffer());
  var answer = await fetch(order.url);
  if (!answer.ok) wrong("no_answer", null, null, { status: answer.status });
  return new Uint8Array(await answer.arrayBuffer());
}

onmessage = async function (event) {
  var began = Date.now(), arrived = false;
  try {
    tell("bundle", 0, 0);
    var bytes = await bytesOfBundle(event.data);
    arrived = true;
    checkAll(await unpack(bytes), event.data.noted.trim().toLowerCase());
  } catch (error) {
    var damaged = error instanceof Wrong ? error : new Wrong(!arrived ? "no_answer" : "damaged", null, null, { status: String(error) });
    postMessage({ check: { name: "bundle", ok: false, says: damaged.says, values: damaged.values, file: damaged.file, line: damaged.line } });
  }
  postMessage({ end: { seconds: (Date.now() - began) / 1000 } });
};
