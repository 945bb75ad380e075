/* What is wrong with the page as it stands, in sentences; nothing where all is sound. */
() => {
  const wrong = [];
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const shown = (element) => element.getClientRects().length > 0;
  const named = (element) => element.outerHTML.slice(0, 160).replace(/\s+/g, " ");
  const say = (sentence, elements) => elements.forEach((element) => wrong.push(`${sentence}: ${named(element)}`));

  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const wide = all("main *").filter((element) => shown(element) && element.getBoundingClientRect().right > width + 1);
    wrong.push(`wider than the screen (${document.documentElement.scrollWidth} > ${width}): ${wide.slice(0, 3).map(named)}`);
  }
  for (const [selector, count] of [["h1", 1], ["main", 1], ["html[lang]", 1], ["meta[name=viewport]", 1]]) {
    if (all(selector).length !== count) wrong.push(`${all(selector).length} times ${selector}`);
  }
  if (!document.title.trim()) wrong.push("no title");

  const ids = all("[id]").map((element) => element.id);
  say("an id twice", all("[id]").filter((element, index) => ids.indexOf(element.id) !== index));
  say("no label", all("input:not([type=hidden]), select, textarea").filter((field) =>
    !(field.labels && field.labels.length) && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby")));
  say("no words", all("a[href], button, summary").filter((element) =>
    shown(element) && !element.textContent.trim() && !element.getAttribute("aria-label") && !element.querySelector("img[alt]:not([alt=''])")));
  say("no alternative", all("img:not([alt])"));
  say("leads nowhere", all("a[href^='#']").filter((link) => link.hash.length > 1 && !document.getElementById(decodeURIComponent(link.hash.slice(1)))));
  say("describes nothing", all("[aria-describedby]").filter((field) =>
    field.getAttribute("aria-describedby").split(/\s+/).some((id) => !document.getElementById(id))));
  say("jumps the order", all("[tabindex]").filter((element) => element.tabIndex > 0));
  say("no group name", all("fieldset").filter((group) => !group.querySelector("legend")));
  say("no column name", all("table").filter((table) => !table.querySelector("th")));
  say("too small for a thumb", width > 500 ? [] : all(".btn").filter((button) => shown(button) && button.getBoundingClientRect().height < 43));
  return wrong;
}
