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
// On 32-bit words in typed arrays, so that a million messages make no garbage; eight rounds a turn, so that no word is moved.

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
var state = new Int32Array(8); // the hash of the last message

/* Makes the other 48 words of a block from its first 16. */
function expand(words) {
  for (var i = 16; i < 64; i++) {
    var x = words[i - 15], y = words[i - 2];
    words[i] = words[i - 16] + words[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
  }
  return words;
}

function mixedA(x) { return (x >>> 2 | x << 30) ^ (x >>> 13 | x << 19) ^ (x >>> 22 | x << 10); }
function mixedE(x) { return (x >>> 6 | x << 26) ^ (x >>> 11 | x << 21) ^ (x >>> 25 | x << 7); }

/* Works the 64 words of a block into `state`. */
function work(words) {
  var a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (var i = 0; i < 64; i += 8) {
    h = h + mixedE(e) + (g ^ e & (f ^ g)) + K[i] + words[i] | 0; d = d + h | 0; h = h + mixedA(a) + (a & b ^ c & (a ^ b)) | 0;
    g = g + mixedE(d) + (f ^ d & (e ^ f)) + K[i + 1] + words[i + 1] | 0; c = c + g | 0; g = g + mixedA(h) + (h & a ^ b & (h ^ a)) | 0;
    f = f + mixedE(c) + (e ^ c & (d ^ e)) + K[i + 2] + words[i + 2] | 0; b = b + f | 0; f = f + mixedA(g) + (g & h ^ a & (g ^ h)) | 0;
    e = e + mixedE(b) + (d ^ b & (c ^ d)) + K[i + 3] + words[i + 3] | 0; a = a + e | 0; e = e + mixedA(f) + (f & g ^ h & (f ^ g)) | 0;
    d = d + mixedE(a) + (c ^ a & (b ^ c)) + K[i + 4] + words[i + 4] | 0; h = h + d | 0; d = d + mixedA(e) + (e & f ^ g & (e ^ f)) | 0;
    c = c + mixedE(h) + (b ^ h & (a ^ b)) + K[i + 5] + words[i + 5] | 0; g = g + c | 0; c = c + mixedA(d) + (d & e ^ f & (d ^ e)) | 0;
    b = b + mixedE(g) + (a ^ g & (h ^ a)) + K[i + 6] + words[i + 6] | 0; f = f + b | 0; b = b + mixedA(c) + (c & d ^ e & (c ^ d)) | 0;
    a = a + mixedE(f) + (h ^ f & (g ^ h)) + K[i + 7] + words[i + 7] | 0; e = e + a | 0; a = a + mixedA(b) + (b & c ^ d & (b ^ c)) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

var block = new Int32Array(64);

/* Works the 64 bytes from `at` on into `state`. */
function workBytes(bytes, at) {
  for (var i = 0; i < 16; i++, at += 4) block[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
  work(expand(block));
}

function hashHex(bytes) {
  var rest = bytes.length % 64, whole = bytes.length - rest, end = new Uint8Array(rest < 56 ? 64 : 128);
  end.set(bytes.subarray(whole));
  end[rest] = 0x80;
  for (var bits = bytes.length * 8, place = end.length - 1; bits > 0; bits = Math.floor(bits / 256), place--) end[place] = bits % 256;
  state.set(START);
  for (var at = 0; at < whole; at += 64) workBytes(bytes, at);
  for (at = 0; at < end.length; at += 64) workBytes(end, at);
  return hexOf(state, 0);
}

/* The block that ends a message: `words`, if any are left over, and how long the message was. */
function lastBlock(words, bytes) {
  var last = new Int32Array(64);
  last.set(words);
  last[words.length] = 0x80000000;
  last[15] = 8 * bytes;
  return expand(last);
}

var AFTER_64 = lastBlock([], 64); // what ends seed and seal

/* Works seed and seal, which fill one block, into `state`: the beginning of every ticket. */
function begin(seed, seals, place) {
  for (var i = 0; i < 8; i++) { block[i] = seed[i]; block[i + 8] = seals[8 * place + i]; }
  state.set(START);
  work(expand(block));
}

// ---- Hashes as eight words, one after the other in a typed array -----------------------------------------------------------

var HEX = [], NIBBLE = new Uint8Array(256).fill(255);
for (var byte = 0; byte < 256; byte++) HEX.push((byte + 256).toString(16).slice(1));
for (var digit = 0; digit < 16; digit++) NIBBLE[HEX[digit].charCodeAt(1)] = digit;

function hexOf(hashes, place) {
  var text = "";
  for (var i = 8 * place; i < 8 * place + 8; i++) {
    var word = hashes[i];
    text += HEX[word >>> 24] + HEX[word >>> 16 & 255] + HEX[word >>> 8 & 255] + HEX[word & 255];
  }
  return text;
}

/* Reads 64 hex digits; whether they are all hex digits. */
function readHex(bytes, at, hashes, place) {
  var all = 0;
  for (var i = 8 * place; i < 8 * place + 8; i++, at += 8) {
    var a = NIBBLE[bytes[at]], b = NIBBLE[bytes[at + 1]], c = NIBBLE[bytes[at + 2]], d = NIBBLE[bytes[at + 3]];
    var e = NIBBLE[bytes[at + 4]], f = NIBBLE[bytes[at + 5]], g = NIBBLE[bytes[at + 6]], h = NIBBLE[bytes[at + 7]];
    all |= a | b | c | d | e | f | g | h;
    hashes[i] = a << 28 | b << 24 | c << 20 | d << 16 | e << 12 | f << 8 | g << 4 | h;
  }
  return all < 16;
}

/* Which of two hashes is smaller: below 0 for the first, 0 when they are the same. */
function order(ones, one, others, other) {
  for (var i = 0; i < 8; i++) {
    var difference = (ones[8 * one + i] >>> 0) - (others[8 * other + i] >>> 0);
    if (difference) return difference;
  }
  return 0;
}

function wordsOf(hex) {
  var words = new Int32Array(hex.length / 8);
  for (var i = 0; i < words.length; i++) words[i] = parseInt(hex.substr(8 * i, 8), 16);
  return words;
}

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

/* Calls `each(line, columns)` for every line, which ends with one line feed. Where `isAsWanted(line, start, end)` is given
   and says yes, the bytes of the line are looked at and found good already: most of a large file need not become texts. */
function rows(files, name, columns, each, isAsWanted) {
  var bytes = content(files, name), start = 0, line = 0;
  while (start < bytes.length) {
    var end = bytes.indexOf(10, start);
    line++;
    if (end < 0) wrong("line_end", name, line);
    if (!isAsWanted || !isAsWanted(line, start, end)) each(line, cellsOf(bytes, start, end, columns, name, line), start);
    start = end + 1;
  }
  return line;
}

function cellsOf(bytes, start, end, columns, name, line) {
  var row = text(bytes.subarray(start, end), name, line);
  if (row.indexOf("\r") >= 0) wrong("line_end", name, line);
  var cells = row.split("\t");
  if (cells.length !== columns) wrong("columns", name, line, { wanted: columns, found: cells.length });
  return cells;
}

/* Whether just these letters stand between two places; those beyond ASCII are left to the decoder. */
function stands(letters, bytes, start, end) {
  if (letters.length !== end - start) return false;
  for (var i = 0; i < letters.length; i++) {
    var code = letters.charCodeAt(i);
    if (code > 127 || bytes[start + i] !== code) return false;
  }
  return true;
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

var OUT = 255, IN = 0x696e; // the bytes of "in"

/* The pool as words: seals one after the other, and of each line its stratum, or 255 where it may not be drawn. A million
   lines are read here, byte by byte; only one that is out, or wrong, becomes a text. */
function checkPool(files, parameters) {
  var name = "pool.tsv", bytes = content(files, name), labels = parameters.strata.map(function (stratum) { return stratum.label; });
  var plain = labels.map(function (label) { return /[\t\r\n\ud800-\udfff]/.test(label) ? null : joined([label]); });
  var count = 0, at = -1, eligible = 0;
  while ((at = bytes.indexOf(10, at + 1)) >= 0) count++;
  if (bytes.length && bytes[bytes.length - 1] !== 10) wrong("line_end", name, count + 1);
  if (labels.length >= OUT) wrong("bad_field", "parameters.json", 1, { field: "strata" });
  var pool = { seals: new Int32Array(8 * count), stratum: new Uint8Array(count), members: labels.map(function () { return 0; }) };
  for (var line = 1, start = 0; line <= count; line++) {
    var place = labelAt(plain, bytes, start), cells = null, isIn = true;
    var seal = place < 0 ? start : start + plain[place].length + 1, end = seal + 67;
    if (place < 0 || bytes[seal + 64] !== 9 || (bytes[seal + 65] << 8 | bytes[seal + 66]) !== IN || bytes[end] !== 10 || !readHex(bytes, seal, pool.seals, line - 1)) {
      end = bytes.indexOf(10, start);
      cells = cellsOf(bytes, start, end, 3, name, line);
      if (cells[1].length !== 64 || !readHex(bytes, bytes.indexOf(9, start) + 1, pool.seals, line - 1)) wrong("bad_seal", name, line);
    }
    if (line > 1 && order(pool.seals, line - 2, pool.seals, line - 1) >= 0) wrong("bad_order", name, line);
    if (cells) {
      place = labels.indexOf(cells[0]);
      isIn = cells[2] === "in";
      if (place < 0) wrong("unknown_stratum", name, line, { found: short([cells[0]]) });
      if (!isIn && !/^out:[^]/.test(cells[2])) wrong("bad_status", name, line);
    }
    pool.members[place]++;
    pool.stratum[line - 1] = isIn ? place : OUT;
    if (isIn) eligible++;
    start = end + 1;
    if (line % OFTEN === 0) tell("pool", line, count);
  }
  return [pool, "pool_ok", { total: count, eligible: eligible, excluded: count - eligible }];
}

/* Which of the labels stands at a place, with a tab behind it; -1 for none. */
function labelAt(labels, bytes, at) {
  for (var place = 0; place < labels.length; place++) {
    var label = labels[place], i = 0;
    if (label === null) continue;
    while (i < label.length && label[i] === bytes[at + i]) i++;
    if (i === label.length && bytes[at + i] === 9) return place;
  }
  return -1;
}

/* The officers: the words of their seals, and the place of each by its text. */
function checkOfficers(files) {
  var name = "officers.tsv", places = new Map(), last = "";
  rows(files, name, 1, function (line, cells) {
    if (!HEX_32.test(cells[0])) wrong("bad_seal", name, line);
    if (cells[0] <= last) wrong("bad_order", name, line);
    places.set(last = cells[0], line - 1);
  });
  return [{ places: places, seals: wordsOf(Array.from(places.keys()).join("")) }, "officers_ok", { total: places.size }];
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

var HIGHEST = 0xffffffff;

/* The first word that a ticket may have so that about 1.05 k + 6 √k of n are left over: seldom fewer than the k wanted. */
function barOf(k, n) { return Math.min(HIGHEST, Math.floor((1.05 * k + 6 * Math.sqrt(k)) / n * HIGHEST)); }

/* Of each stratum those whose tickets are not above its bar. */
function lotsBelow(bars, pool, seed) {
  var lots = bars.map(function () { return []; });
  for (var line = 0; line < pool.stratum.length; line++) {
    var place = pool.stratum[line];
    if (place !== OUT) {
      begin(seed, pool.seals, line);
      work(AFTER_64);
      if (state[0] >>> 0 <= bars[place]) lots[place].push({ line: line, seal: pool.seals.slice(8 * line, 8 * line + 8), ticket: state.slice() });
    }
    if (line % OFTEN === 0) tell("draw", line, pool.stratum.length);
  }
  return lots;
}

function byTicket(one, other) { return order(one.ticket, 0, other.ticket, 0) || one.line - other.line; } // lines are in the order of seals

function checkDraw(files, parameters, pool, seed) {
  var words = wordsOf(seed), eligible = pool.members.map(function () { return 0; });
  pool.stratum.forEach(function (place) { if (place !== OUT) eligible[place]++; });
  var required = parameters.strata.map(function (stratum, i) { return Math.max(stratum.size || 0, floorOf(pool.members[i], stratum)); });
  var lots = lotsBelow(required.map(function (k, i) { return barOf(k, eligible[i]); }), pool, words);
  if (lots.some(function (found, i) { return found.length < Math.min(required[i], eligible[i]); })) {
    lots = lotsBelow(required.map(function () { return HIGHEST; }), pool, words);
  }
  var drawn = [], wanted = [], strata = parameters.strata.map(function (stratum, i) {
    var smallest = lots[i].sort(byTicket).slice(0, required[i]);
    smallest.forEach(function (lot) {
      drawn.push(lot);
      wanted.push([stratum.label, hexOf(lot.seal, 0), hexOf(lot.ticket, 0)]);
    });
    return { label: stratum.label, members: pool.members[i], percent: stratum.floor_bp / 100, floor: floorOf(pool.members[i], stratum), required: required[i], drawn: smallest.length };
  });
  compareRows(files, "draw.tsv", wanted);
  return [drawn, "draw_ok", { total: drawn.length, strata: strata }];
}

function compareRows(files, name, wanted) {
  var bytes = content(files, name);
  function isAsWanted(line, start, end) { return line <= wanted.length && stands(wanted[line - 1].join("\t"), bytes, start, end); }
  var lines = rows(files, name, 3, function (line, cells) { compare(name, line, cells, wanted[line - 1]); }, isAsWanted);
  if (lines < wanted.length) wrong("line_missing", name, lines + 1, { wanted: short(wanted[lines]) });
}

function compare(name, line, found, wanted) {
  if (!wanted) wrong("line_extra", name, line);
  if (found.join("\t") !== wanted.join("\t")) wrong("line_differs", name, line, { wanted: short(wanted), found: short(found) });
}

// ---- The officers ----------------------------------------------------------------------------------------------------

function checkDuty(files, parameters, officers, drawn, seed) {
  var name = "duty.tsv", bytes = content(files, name), needed = parameters.officers_per_case, words = wordsOf(seed);
  var cases = drawn.slice().sort(byTicket), texts = Array.from(officers.places.keys()), understaffed = 0;
  var given = texts.map(function () { return 0; }), middle = new Int32Array(8), crews = new Map();
  var endings = texts.map(function (_text, place) { return lastBlock(officers.seals.subarray(8 * place, 8 * place + 8), 96); });

  function crewOf(listed, line) {
    var crew = listed ? listed.split(",") : [];
    return crew.map(function (officer, i) {
      if (i && officer <= crew[i - 1]) wrong("crew_order", name, line);
      if (!officers.places.has(officer)) wrong("unknown_officer", name, line, { found: short([officer]) });
      return officers.places.get(officer);
    });
  }

  /* Whole counties share one list: its bytes are read once, and known again after. */
  function likeness(start, end) {
    for (var key = end - start, i = 0; i < 16; i++) key = Math.imul(key, 31) + bytes[start + Math.floor(i * (end - start) / 16)] | 0;
    return key;
  }
  function knownCrew(start, end) {
    var known = crews.get(likeness(start, end));
    if (!known || known.end - known.start !== end - start) return null;
    for (var i = 0; i < end - start; i++) if (bytes[start + i] !== bytes[known.start + i]) return null;
    return known.places;
  }

  /* The load that nobody among the first can exceed: the tickets of the others are not needed. */
  function mostOf(crew) {
    var lowest = [];
    for (var i = 0; i < crew.length; i++) {
      var load = given[crew[i]];
      if (lowest.length === needed && load >= lowest[needed - 1]) continue;
      for (var at = lowest.length; at > 0 && lowest[at - 1] > load; at--) lowest[at] = lowest[at - 1];
      lowest[at] = load;
      if (lowest.length > needed) lowest.pop();
    }
    return lowest[lowest.length - 1];
  }

  /* The places of those who come first: fewest cases so far, then smallest ticket, then seal. */
  function firstOf(crew, lot) {
    var first = [], most = mostOf(crew);
    begin(words, lot.seal, 0);
    middle.set(state);
    for (var i = 0; i < crew.length; i++) {
      var load = given[crew[i]], at = first.length;
      if (load > most) continue;
      state.set(middle);
      work(endings[crew[i]]);
      while (at > 0 && (first[at - 1].load - load || order(first[at - 1].ticket, 0, state, 0)) > 0) at--;
      if (at < needed) first.splice(at, 0, { place: crew[i], load: load, ticket: state.slice() });
      if (first.length > needed) first.pop();
    }
    return first.map(function (one) { return one.place; });
  }

  function seals(places) { return places.map(function (place) { return texts[place]; }).join(","); }

  function give(chosen, line) {
    chosen.forEach(function (place) { given[place]++; });
    if (chosen.length < needed) understaffed++;
    if (line % 1000 === 0) tell("duty", line, cases.length);
    return true;
  }

  function isAsWanted(line, start, end) {
    var seal = start + 64, list = bytes.indexOf(9, start + 65);
    if (line > cases.length || list < 0 || list > end || !stands(hexOf(cases[line - 1].seal, 0) + "\t", bytes, start, seal + 1)) return false;
    var crew = knownCrew(seal + 1, list), chosen = crew && firstOf(crew, cases[line - 1]);
    return crew !== null && stands(seals(chosen), bytes, list + 1, end) && give(chosen, line);
  }

  var lines = rows(files, name, 3, function (line, cells, start) {
    compare(name, line, cells.slice(0, 1), cases[line - 1] && [hexOf(cases[line - 1].seal, 0)]);
    var crew = crewOf(cells[1], line), chosen = firstOf(crew, cases[line - 1]), wanted = seals(chosen);
    if (cells[2] !== wanted) wrong("line_differs", name, line, { wanted: short(wanted.split(",")), found: short(cells[2].split(",")) });
    give(chosen, line);
    crews.set(likeness(start + 65, start + 65 + cells[1].length), { start: start + 65, end: start + 65 + cells[1].length, places: crew });
  }, isAsWanted);
  if (lines < cases.length) wrong("line_missing", name, lines + 1, { wanted: short([hexOf(cases[lines].seal, 0)]) });
  var loads = given.filter(Boolean).sort(function (a, b) { return a - b; });
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
