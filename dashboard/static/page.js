// Keeps an open page current: asks for the same page again and changes only what differs, so that focus,
// scroll position and opened groups stay. Without this script the page renews itself whole.
(() => {
  "use strict";
  const every = Number(document.currentScript.dataset.refresh) * 1000;
  const pause = document.getElementById("pause");
  const stale = document.getElementById("freshness");
  const form = document.getElementById("filter");
  let paused = false;
  let timer = 0;
  let asked = 0;

  // renew makes the old node say what the fresh one says, keeping every node that can be kept.
  function renew(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeName !== fresh.nodeName || old.nodeType !== Node.ELEMENT_NODE || old.id !== fresh.id) {
      old.replaceWith(document.importNode(fresh, true));
      return;
    }
    attributes(old, fresh);
    if (old.nodeName === "INPUT") return;
    const named = new Map([...old.children].filter((e) => e.id).map((e) => [e.id, e]));
    let at = old.firstChild;
    for (const want of [...fresh.childNodes]) {
      const known = want.id && named.get(want.id);
      if (known && known !== at) old.insertBefore(known, at);
      const have = known || at;
      if (!have || (have.id && have.id !== (want.id || ""))) {
        old.insertBefore(document.importNode(want, true), at);
        continue;
      }
      at = have.nextSibling;
      renew(have, want);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  // attributes copies all but what the reader set; a group opens or closes only when the page's mind changed.
  function attributes(old, fresh) {
    const turned = old.dataset && old.dataset.open !== fresh.dataset.open;
    for (const name of new Set([...old.getAttributeNames(), ...fresh.getAttributeNames()])) {
      if (name === "open" && !turned) continue;
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
      else if (old.getAttribute(name) !== fresh.getAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
    }
  }

  async function ask() {
    const mine = ++asked;
    clearTimeout(timer);
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(Math.max(every, 10000)) });
      if (!answer.ok) throw new Error(answer.statusText);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== asked) return;
      if (!pause) return location.reload(); // this was the page that says it cannot be drawn
      for (const id of ["summary", "asof", "page"]) {
        const old = document.getElementById(id);
        const fresh = next.getElementById(id);
        if (old && fresh) renew(old, fresh);
      }
      stale.hidden = true;
    } catch {
      if (mine !== asked) return;
      if (pause) outOfTouch();
    }
    if (!paused) timer = setTimeout(ask, every);
  }

  function outOfTouch() {
    stale.textContent = "Cannot be renewed now: what you see is from then. Trying again.";
    stale.hidden = false;
  }

  function filter() {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", query.size ? "?" + query : location.pathname);
    ask();
  }

  if (pause) {
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Resume updates" : "Pause updates";
      if (paused) clearTimeout(timer);
      else ask();
    });
  }
  if (form) {
    form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
    form.addEventListener("input", filter);
  }
  timer = setTimeout(ask, every);
})();
