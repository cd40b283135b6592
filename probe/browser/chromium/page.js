// The one function that is called in the page, in a JavaScript world of its own: the page cannot see it, and what the
// page did to its own built-ins does not change it.
async function ({op, on, text}) {
  const painted = () => new Promise(go => requestAnimationFrame(() => setTimeout(go)));
  const until = async test => {
    for (;;) {
      const found = test();
      if (found) return found;
      await new Promise(go => requestAnimationFrame(go));
    }
  };
  const all = selector => [...document.querySelectorAll(selector)];
  const shown = e => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(e).visibility === "visible";
  };
  const usable = () => all(on).find(e => shown(e) && !e.matches(":disabled"));
  const cut = s => String(s ?? "").slice(0, text);

  // middle returns the point where a click hits the element: it has come to rest, and nothing covers it.
  const middle = async () => {
    let last = "";
    return until(() => {
      const e = usable();
      if (!e) return null;
      e.scrollIntoView({block: "nearest", inline: "nearest", behavior: "instant"});
      const box = e.getBoundingClientRect();
      const point = {x: box.x + box.width / 2, y: box.y + box.height / 2};
      const moved = last !== (last = JSON.stringify(box));
      const hit = document.elementFromPoint(point.x, point.y);
      return !moved && hit && (e.contains(hit) || e.control === hit || hit.control === e) ? point : null;
    });
  };

  const focus = async () => {
    const e = await until(() => { const e = usable(); return e && !e.readOnly ? e : null; });
    e.focus();
    if (e.select) e.select();
    else getSelection().selectAllChildren(e);
    return true;
  };

  const choose = async () => {
    const [e, option] = await until(() => {
      const e = usable();
      const option = e && [...e.options ?? []].find(o => o.value === text || o.label === text);
      return option ? [e, option] : null;
    });
    e.value = option.value;
    e.dispatchEvent(new Event("input", {bubbles: true}));
    e.dispatchEvent(new Event("change", {bubbles: true}));
    return true;
  };

  // look tells of the elements of each selector in on; text is the most letters of a text.
  const look = () => ({
    url: location.href, title: document.title,
    found: Object.fromEntries((on ?? []).map(selector => {
      const found = all(selector), first = found[0];
      return [selector, first ? {count: found.length, shown: shown(first), text: cut(first.innerText ?? first.textContent), value: cut(first.value)} : {count: 0}];
    })),
  });

  // paint returns the largest contentful paint in milliseconds since the navigation; null for none. A busy workstation may
  // tell of it long after it was seen.
  const paint = () => new Promise(done => {
    new PerformanceObserver(list => done(list.getEntries().at(-1).startTime)).observe({type: "largest-contentful-paint", buffered: true});
    setTimeout(() => done(null), 2000);
  });

  // mask blanks fields, whatever else the selectors in on name, what repeats one of the texts, and all that cannot be
  // looked into; it returns how many of these were not blank before.
  const mask = async () => {
    const secret = ["input:not([type=submit], [type=button], [type=reset])", "textarea", "select", "[contenteditable]", "iframe", "frame", "object", "embed", "canvas", "video", ...on ?? []].join();
    const closed = e => e.localName.includes("-") && !e.shadowRoot && !e.firstElementChild;
    const repeats = e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && (text ?? []).some(t => t && n.data.includes(t)));
    let fresh = 0;
    const walk = root => {
      for (const e of root.querySelectorAll("*")) {
        if (e.shadowRoot) walk(e.shadowRoot);
        if (!e.matches(secret) && !closed(e) && !repeats(e)) continue;
        if (getComputedStyle(e).opacity !== "0") fresh++;
        e.style.setProperty("transition", "none", "important");
        e.style.setProperty("animation", "none", "important");
        e.style.setProperty("opacity", "0", "important");
      }
    };
    walk(document);
    await painted();
    await painted();
    return fresh;
  };

  switch (op) {
    case "wait": await until(() => all(on).some(e => shown(e) && (e.innerText ?? e.textContent).includes(text))); return painted();
    case "gone": await until(() => !all(on).some(shown)); return painted();
    case "painted": return painted();
    case "middle": return middle();
    case "focus": return focus();
    case "choose": return choose();
    case "look": return look();
    case "paint": return paint();
    case "mask": return mask();
  }
  throw new Error("no such operation: " + op);
}
