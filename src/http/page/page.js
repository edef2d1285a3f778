// Keeps the page as it is now: fetches it again and takes over what differs in <main>. What has not changed is left
// alone, so that focus, selection and scrolling stay.
"use strict";
(() => {
  const INTERVAL_MS = 2000, SLOWEST_MS = 30000;
  const main = document.getElementById("main");
  const live = document.getElementById("live"), text = document.getElementById("live-text");
  const pause = document.getElementById("pause"), announce = document.getElementById("announce");
  let timer = 0, failures = 0, paused = false, fetching = null, seen = new Date();

  const same = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && one.id === other.id;

  function attributes(to, from) {
    for (const { name } of [...to.attributes]) if (!from.hasAttribute(name) && name !== "open") to.removeAttribute(name);
    for (const { name, value } of from.attributes) {
      if (name !== "open" && to.getAttribute(name) !== value) to.setAttribute(name, value);
    }
  }

  function update(to, from) {
    if (to.nodeType !== Node.ELEMENT_NODE) {
      if (to.nodeValue !== from.nodeValue) to.nodeValue = from.nodeValue;
      return;
    }
    attributes(to, from);
    const after = [...from.childNodes];
    after.forEach((child, at) => {
      const before = to.childNodes[at];
      if (!before) to.append(document.importNode(child, true));
      else if (same(before, child)) update(before, child);
      else before.replaceWith(document.importNode(child, true));
    });
    while (to.childNodes.length > after.length) to.lastChild.remove();
  }

  // The browser keeps what is in view where it is, but for a page that is scrolled to its top.
  function keepingFocus(change) {
    const focused = document.activeElement;
    const before = focused.getBoundingClientRect();
    change();
    if (!main.contains(focused) || before.bottom < 0 || before.top > innerHeight) return;
    const moved = focused.getBoundingClientRect().top - before.top;
    if (moved !== 0) scrollBy({ top: moved, behavior: "instant" });
  }

  const clock = (time) => time.toISOString().slice(11, 19) + " UTC";

  function show() {
    document.body.classList.toggle("paused", paused);
    document.body.classList.toggle("lost", failures > 0 && !paused);
    text.textContent = paused ? "Paused at " + clock(seen)
      : failures > 0 ? "No answer since " + clock(seen) : "Live";
  }

  function say(sentence) {
    if (announce.textContent !== sentence) announce.textContent = sentence;
  }

  async function refresh() {
    fetching = new AbortController();
    const limit = setTimeout(() => fetching.abort(), 10000);
    try {
      const answer = await fetch(location.href, { signal: fetching.signal, cache: "no-store", redirect: "error" });
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (!page) throw new Error("not the status page");
      if (paused) return;
      keepingFocus(() => update(main, page));
      document.title = main.dataset.title;
      document.querySelector("link[rel=icon]").setAttribute("href", main.dataset.icon);
      failures = 0;
      seen = new Date();
      say(main.dataset.announce);
    } catch {
      if (paused) return;
      failures += 1;
      if (failures > 1) say("bllvmctl does not answer");
    } finally {
      clearTimeout(limit);
      fetching = null;
      show();
      next();
    }
  }

  function next() {
    clearTimeout(timer);
    if (paused || document.hidden || fetching) return;
    timer = setTimeout(refresh, Math.min(INTERVAL_MS * 2 ** Math.min(failures, 4), SLOWEST_MS));
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    show();
    if (paused) clearTimeout(timer);
    else if (!fetching) refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!paused && !fetching) refresh();
  });
  live.hidden = pause.hidden = false;
  say(main.dataset.announce);
  next();
})();
