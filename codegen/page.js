"use strict";
(() => {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const input = document.getElementById("q");
  const hits = document.getElementById("hits");
  const nothing = document.getElementById("nothing");
  const toc = document.querySelector(".toc");
  const narrow = matchMedia("(max-width: 820px)");
  toc.open = !narrow.matches;
  narrow.addEventListener("change", () => { toc.open = !narrow.matches; });
  input.parentElement.hidden = false;

  // Each object with its text, read when the first search needs it.
  let index;
  const textOf = (article) => Array.from(article.children).filter((e) => !e.matches(".around")).map((e) => e.textContent).join(" ").toLowerCase();
  const read = () => {
    const entries = new Map(all(".toc li a").map((a) => [decodeURIComponent(a.hash.slice(1)), a.parentElement]));
    index = all("article").map((article) => ({
      article, entry: entries.get(article.id), name: article.querySelector("h3").textContent.toLowerCase(), text: textOf(article),
    }));
  };
  let first = null;
  const search = () => {
    if (!index) read();
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = index.filter((o) => words.every((w) => o.text.includes(w)));
    const shown = new Set(found);
    for (const o of index) {
      o.article.hidden = !shown.has(o);
      if (o.entry) o.entry.hidden = !shown.has(o);
    }
    for (const part of all(".toc section")) part.hidden = !part.querySelector("li:not([hidden])");
    for (const part of all("main .group")) part.hidden = !part.querySelector("article:not([hidden])");
    const diagrams = document.getElementById("diagram");
    if (diagrams) diagrams.hidden = words.length > 0;
    first = words.length ? found.find((o) => words.every((w) => o.name.includes(w))) || found[0] || null : null;
    hits.textContent = words.length ? found.length + " of " + index.length + (found.length ? ". Enter goes to " + (first.entry || first.article.querySelector("h3")).textContent.replace(/#$/, "") : "") : "";
    nothing.hidden = found.length > 0 || words.length === 0;
  };
  const clear = () => { input.value = ""; search(); };
  input.addEventListener("input", search);
  input.addEventListener("keydown", (e) => {
    if (e.key === "Escape") clear();
    if (e.key === "Enter" && first) {
      location.hash = first.article.id;
      first.article.scrollIntoView();
    }
  });
  document.getElementById("clear").addEventListener("click", () => { clear(); input.focus(); });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    e.preventDefault();
    input.focus();
    input.select();
  });
  // A link to what the search hides ends the search.
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[hidden]")) {
      clear();
      target.scrollIntoView();
    }
    if (narrow.matches) toc.open = false;
  });

  const zoom = (canvas) => {
    const svg = canvas.querySelector("svg");
    const width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;
    let scale = 1;
    const set = (s) => {
      scale = Math.min(2.5, Math.max(0.15, s));
      svg.setAttribute("width", width * scale);
      svg.setAttribute("height", height * scale);
    };
    const fit = () => canvas.clientWidth / width;
    const bar = document.createElement("div");
    bar.className = "zoom";
    for (const [text, label, act] of [["−", "Smaller", () => set(scale / 1.25)], ["+", "Larger", () => set(scale * 1.25)], ["Fit", "Fit the width", () => set(Math.min(fit(), 1.5))], ["100%", "Full size", () => set(1)]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.setAttribute("aria-label", label);
      button.addEventListener("click", act);
      bar.append(button);
    }
    canvas.before(bar);
    set(Math.min(1, fit() >= 0.75 ? fit() : 0.9));
    let from = null;
    canvas.addEventListener("pointerdown", (e) => {
      if (e.pointerType === "mouse" && e.button === 0 && !e.target.closest("a")) from = [e.clientX + canvas.scrollLeft, e.clientY + canvas.scrollTop];
    });
    addEventListener("pointermove", (e) => {
      if (!from) return;
      canvas.classList.add("drag");
      canvas.scrollLeft = from[0] - e.clientX;
      canvas.scrollTop = from[1] - e.clientY;
    });
    addEventListener("pointerup", () => { from = null; canvas.classList.remove("drag"); });
  };
  for (const canvas of all(".diagrams .canvas")) zoom(canvas);

  // What hangs together with the table under the pointer, or in focus, stands out.
  const pick = (svg, box) => {
    for (const x of all(".on", svg)) x.classList.remove("on");
    svg.classList.toggle("pick", !!box);
    if (!box) return;
    box.classList.add("on");
    const n = box.dataset.n;
    for (const e of all(".e", svg)) {
      if (e.dataset.a !== n && e.dataset.b !== n) continue;
      e.classList.add("on");
      const other = e.dataset.a === n ? e.dataset.b : e.dataset.a;
      const b = svg.querySelector('.b[data-n="' + other + '"]');
      if (b) b.classList.add("on");
    }
  };
  for (const svg of all(".er")) {
    for (const name of ["mouseover", "focusin"]) svg.addEventListener(name, (e) => pick(svg, e.target.closest(".b")));
    for (const name of ["mouseleave", "focusout"]) svg.addEventListener(name, () => pick(svg, null));
  }
})();
